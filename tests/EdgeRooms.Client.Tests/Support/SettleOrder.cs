using System.Text.RegularExpressions;

namespace EdgeRooms.Client.Tests.Support;

/// <summary>What was sent, in its order, and the order in which it settled.</summary>
sealed partial class SettleOrder
{
    readonly List<(string Room, string Name, Task<SendResult> Sent)> _commands = [];
    readonly List<int> _settled = [];

    public bool IsSettled => Open == 0;

    public int Open => _commands.Count - _settled.Count;

    public void Add(string room, Task<SendResult> sent) => _commands.Add((room, $"n{_commands.Count}", sent));

    /// <summary>Between two moments, what has settled meanwhile; commands of one moment are taken in the order of sending.</summary>
    public void Look()
    {
        if (!IsSettled)
        {
            _settled.AddRange(Enumerable.Range(0, _commands.Count).Where(i => _commands[i].Sent.IsCompleted).Except(_settled).ToList());
        }
    }

    public void Check(string room, ModelRoom model, bool mayBeUnknown)
    {
        foreach (var (_, name, sent) in _commands.Where(c => c.Room == room))
        {
            var effects = model.Events.Where(e => e.Name == name).ToList();
            string outcome = sent.Outcome();
            Assert.True(effects.Count <= 1, $"{name} took effect {effects.Count} times");
            if (sent.IsCompletedSuccessfully)
            {
                Assert.Equal(sent.Result.Seq, Assert.Single(effects).Seq);
            }
            else if (!mayBeUnknown || outcome != "outcome_unknown")
            {
                Assert.True(outcome is "rejected" or "cancelled", $"{name}: {outcome}");
                Assert.Empty(effects);
            }
        }

        var order = model.Events.Select(e => int.Parse(Digits().Match(e.Name).Value)).ToList();
        Assert.Equal(order.Order(), order);
        var answered = _settled.Where(i => _commands[i].Room == room && (_commands[i].Sent.IsCompletedSuccessfully || _commands[i].Sent.Outcome() == "rejected")).ToList();
        Assert.Equal(answered.Order(), answered);
    }

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();
}
