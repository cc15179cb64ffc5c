using System.Text.Json;

using CsCheck;

using EdgeRooms.Cluster;
using EdgeRooms.Events;
using EdgeRooms.Rooms;

namespace EdgeRooms.Tests.Rooms;

/// <summary>
/// Random commands, repeats, appends that go wrong, crashes, stops and lost connections against a model of two numbers: what was told is one effect a
/// command, the state is the fold of the stream, delivery has no hole. CsCheck prints the seed of a failure and shrinks it; CsCheck_Seed replays it.
/// </summary>
public sealed class EnginePropertyTests
{
    enum Step
    {
        Add,
        Refused,
        Throws,
        Repeat,
        Reconnect,
        UnknownCommitted,
        UnknownNotCommitted,
        Conflict,
        RollBack,
        Crash,
        Stop,
    }

    static readonly Gen<Step> Steps = Gen.Frequency(
        (10, Gen.Const(Step.Add)), (2, Gen.Const(Step.Refused)), (1, Gen.Const(Step.Throws)), (4, Gen.Const(Step.Repeat)), (3, Gen.Const(Step.Reconnect)),
        (1, Gen.Const(Step.UnknownCommitted)), (1, Gen.Const(Step.UnknownNotCommitted)), (1, Gen.Const(Step.Conflict)), (1, Gen.Const(Step.RollBack)),
        (1, Gen.Const(Step.Crash)), (1, Gen.Const(Step.Stop)));

    [Fact]
    public Task One_effect_a_command_the_state_is_the_fold_and_delivery_has_no_hole() =>
        Gen.Select(Steps, Gen.Int[1, 12]).Array[1, 40].SampleAsync(RunAsync, iter: 12, threads: 1);

    static async Task RunAsync((Step Step, int Number)[] steps)
    {
        await using var run = await Run.StartAsync();
        foreach (var (step, number) in steps)
        {
            await run.DoAsync(step, number);
        }

        await run.CheckAsync();
    }

    sealed class Run : IAsyncDisposable
    {
        readonly InMemoryStore _store = new();
        readonly List<bool> _hadEffect = [];
        LabProcess _process = null!;
        LabClient _ann = null!;
        string? _session;
        int _processes;
        long _sum;
        long _seq;
        long _heard;

        public static async Task<Run> StartAsync()
        {
            var run = new Run();
            await run.StartProcessAsync();
            return run;
        }

        public async Task DoAsync(Step step, int number)
        {
            switch (step)
            {
                case Step.Add:
                    await SendAsync(number);
                    break;
                case Step.Refused:
                    await SendAsync(-number);
                    break;
                case Step.Throws:
                    await SendAsync(13);
                    break;
                case Step.Repeat when _hadEffect.Count > 0:
                    await RepeatAsync((number % _hadEffect.Count) + 1);
                    break;
                case Step.Reconnect:
                    _ann.Connection.OnClosed(false);
                    await JoinAsync();
                    break;
                case Step.Crash:
                    await _process.KillAsync();
                    await StartProcessAsync();
                    break;
                case Step.Stop:
                    await _process.StopAsync();
                    await StartProcessAsync();
                    break;
                case Step.UnknownCommitted or Step.UnknownNotCommitted or Step.Conflict or Step.RollBack:
                    _process.Log.SwitchNextAppend(new InMemoryAppend(Enum.Parse<InMemoryAppendKind>(step.ToString())));
                    break;
            }
        }

        public async Task CheckAsync()
        {
            while (_heard < _seq)
            {
                Hear(await _ann.NextAsync("event"));
            }

            var events = await _process.EventsAsync();
            Assert.Equal(_hadEffect.Select((had, i) => (had, Cmd: (long?)i + 1)).Where(c => c.had).Select(c => c.Cmd), events.Select(e => e.Headers.Cmd));
            var eve = _process.Open("eve", "tally/a", null);
            var joined = await eve.NextAsync("joined");
            Assert.Equal((_seq, _sum), (joined.GetProperty("seq").GetInt64(), joined.GetProperty("state").GetProperty("value").GetInt64()));
            Assert.Equal(_sum, events.Sum(e => JsonElement.Parse(e.Body.Span).GetProperty("by").GetInt64()));
        }

        public ValueTask DisposeAsync() => _process.DisposeAsync();

        async Task StartProcessAsync()
        {
            _process = await LabProcess.StartAsync(_store, $"lab{++_processes}");
            await JoinAsync();
        }

        async Task JoinAsync()
        {
            _ann = _process.Open("ann", "tally/a", _session, since: _heard);
            var welcome = await _ann.NextAsync("welcome");
            _session ??= welcome.GetProperty("session").GetString();
            Assert.Equal(_session, welcome.GetProperty("session").GetString());
            var joined = await _ann.NextAsync("joined");
            Assert.True(joined.GetProperty("recovered").GetBoolean());
        }

        async Task SendAsync(int by)
        {
            long cmd = _hadEffect.Count + 1;
            var answer = await AnswerAsync(cmd, by);
            bool isAck = answer.GetProperty("type").GetString() == "ack";
            Assert.Equal(by is > 0 and not 13, isAck);
            _hadEffect.Add(isAck);
            if (isAck)
            {
                _sum += by;
                Assert.Equal(++_seq, answer.GetProperty("seq").GetInt64());
                Assert.Equal(_seq, _heard); // its event came before its ack
            }
        }

        async Task RepeatAsync(int cmd)
        {
            // A client never repeats what was refused for good: the room does not remember it.
            if (_hadEffect[cmd - 1])
            {
                Assert.True((await AnswerAsync(cmd, 1000)).GetProperty("dup").GetBoolean());
            }
        }

        /// <summary>The answer that is none to come again after, as a client does.</summary>
        async Task<JsonElement> AnswerAsync(long cmd, int by)
        {
            while (true)
            {
                await _ann.AddAsync(cmd, by);
                JsonElement frame;
                do
                {
                    frame = await _ann.NextAsync("ack", "error", "event");
                    if (frame.GetProperty("type").GetString() == "event")
                    {
                        Hear(frame);
                    }
                }
                while (frame.GetProperty("type").GetString() == "event");

                Assert.Equal(cmd, frame.GetProperty("cmd").GetInt64());
                if (frame.GetProperty("type").GetString() == "ack" || !frame.GetProperty("retry").GetBoolean())
                {
                    return frame;
                }
            }
        }

        void Hear(JsonElement frame) => Assert.Equal(++_heard, frame.GetProperty("seq").GetInt64());
    }
}
