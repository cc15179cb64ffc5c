namespace EdgeRooms.Tests.Rooms;

public sealed record Sum(long Value);

public sealed record Tallied(long By);

public sealed class Tally : Room<Sum>
{
    protected override Sum Initial => new(0);

    [Command]
    public Sum Add(Member by, Tallied add)
    {
        if (add.By < 0)
        {
            throw Reject("Only upwards.");
        }

        Emit(add);
        return add.By == 13 ? throw new InvalidOperationException("unlucky") : State;
    }

    [Command]
    public async Task Slow(Member by)
    {
        await Task.Delay(TimeSpan.FromSeconds(2));
        Emit(new Tallied(1000));
    }

    [Command]
    public void Later(Member by) => Alarms.Set("later", TimeSpan.FromMilliseconds(50));

    protected internal override ValueTask OnAlarm(string name)
    {
        Emit(new Tallied(100));
        return default;
    }

    public static Sum Apply(Sum state, Tallied e) => new(state.Value + e.By);
}

/// <summary>Records its members and counts who left, which makes it a kind with an OnLeft of its own.</summary>
public sealed class Guests : Room<Sum>
{
    protected override Sum Initial => new(0);

    protected internal override ValueTask OnLeft(Member member, LeaveReason reason)
    {
        Emit(new Tallied(1));
        return default;
    }

    [Command]
    public void AllAlarms(Member by)
    {
        for (int i = 0; i < 64; i++)
        {
            Alarms.Set($"a{i}", TimeSpan.FromHours(1));
        }
    }

    [Command]
    public void BadAlarm(Member by) => Alarms.Set("bad", TimeSpan.FromMilliseconds(20));

    protected internal override ValueTask OnAlarm(string name)
    {
        Emit(new Tallied(666));
        return default;
    }

    public static Sum Apply(Sum state, Tallied e) => new(state.Value + e.By);
}

/// <summary>Turns everyone away, with the code that is their name.</summary>
public sealed class Doorman : Room<Sum>
{
    protected override Sum Initial => new(0);

    protected internal override Admission OnJoining(Joining who) => Refuse(who.User, "Not today.");

    public static Sum Apply(Sum state, Tallied e) => new(state.Value + e.By);
}
