using System.Text;
using System.Text.Json;

using EdgeRooms.Client.Links;
using EdgeRooms.Client.Protocol;
using EdgeRooms.Client.Sessions;

namespace EdgeRooms.Client.Commands;

/// <summary>
/// A room's commands in order, each settled exactly once. It may send while it is open (joined). Rule 5 is go-back-N: after a refusal with retry nothing is
/// sent until everything in the air is answered, then all goes again from the refused one; so no number is twice in the air on a connection, and an
/// answer always speaks of the latest try. Bounded by QueueMax: one more is refused. Called in turns of the gate only.
/// </summary>
sealed partial class Outbox(IOutboxOwner owner, OutboxSettings settings, StoredCommands? kept)
{
    /// <summary>Numbers of a session that may be unanswered in a room.</summary>
    const int UnansweredMax = 256;

    /// <summary>A send frame without its name and data.</summary>
    const int EnvelopeBytes = 300;
    static readonly TimeSpan CongestedPause = TimeSpan.FromMilliseconds(50);

    readonly Timers _timers = new(settings.Time, settings.Gate);

    /// <summary>A list, as commands may be taken from its middle; most go from its front.</summary>
    readonly LinkedList<Command> _commands = new((kept?.Commands ?? []).Select(c => new Command(c.Name, c.Data) { Cmd = c.Cmd, Epoch = c.Epoch }));
    long _next = kept?.Next ?? 1;
    bool _isSaved = true;
    int _airborne;
    bool _isOpen;
    bool _goesBack;
    TimeSpan _holdUntil;
    int _stumbles;

    public bool IsEmpty => _commands.Count == 0;

    /// <summary>Without those whose event has come.</summary>
    public IEnumerable<Command> Pending => _commands.Where(c => !c.HasHappened);

    public Task<SendResult> Add(string name, JsonElement data, CancellationToken cancellation)
    {
        if (Misfit(name, data) is { } misfit)
        {
            return Task.FromException<SendResult>(misfit);
        }

        if (_commands.Count >= settings.QueueMax)
        {
            return Task.FromException<SendResult>(Error("queue_full", $"{settings.QueueMax} commands are waiting. Wait for some to be answered.", retry: true));
        }

        var command = new Command(name, data) { Cancellation = cancellation };
        _commands.AddLast(command);
        _isSaved = false;
        command.Registration = cancellation.UnsafeRegister(_ => settings.Gate.Run(() => GiveUp(command)), null);
        owner.OnPending();
        Pump();
        return command.Outcome;
    }

    /// <summary>The room is joined on this connection.</summary>
    public void Open()
    {
        _isOpen = true;
        _holdUntil = TimeSpan.Zero;
        _goesBack = false;
        Pump();
    }

    /// <summary>The connection is gone; what was in the air will go again.</summary>
    public void Shut()
    {
        _isOpen = false;
        _timers.ClearAll();
    }

    /// <summary>An own event has come.</summary>
    public void Happened(long cmd)
    {
        if (_commands.FirstOrDefault(c => c.Cmd == cmd) is { } command)
        {
            command.HasHappened = true;
        }
    }

    /// <summary>Numbers begin again. What had been sent cannot go under a new number: that could make it happen twice.</summary>
    public void NewSession()
    {
        _next = 1;
        _isSaved = false;
        foreach (var command in TakeAll(c => c.Cmd is not null))
        {
            Refuse(command, Unknown(command, "a new session has begun"));
        }

        Save();
        owner.OnSettled();
    }

    /// <summary>Nothing will be sent any more.</summary>
    public void EndAll(string code, string why)
    {
        Shut();
        foreach (var command in TakeAll(_ => true))
        {
            Refuse(command, command.Cmd is null ? Error(code, $"'{command.Name}' was never sent: {why}") : Unknown(command, why));
        }

        Save();
        owner.OnSettled();
    }

    void Pump()
    {
        SendNext();
        Save();
    }

    void SendNext()
    {
        if (!_isOpen || (_goesBack && _airborne > 0))
        {
            return;
        }

        var hold = _holdUntil - settings.Now();
        if (hold > TimeSpan.Zero)
        {
            PumpIn(hold);
            return;
        }

        _goesBack = false;
        var batch = NextBatch();
        var again = batch.Where(c => c.Cmd is not null).ToHashSet();
        foreach (var command in batch.Where(c => c.Cmd is null))
        {
            command.Cmd = _next++;
            command.Epoch = owner.Epoch;
            _isSaved = false;
        }

        Save(); // before they are on the wire: a process that ends in between sends the same numbers again
        foreach (var command in batch)
        {
            Transmit(command, again.Contains(command));
        }
    }

    /// <summary>What may be sent now, in order; a timer is set where time alone brings more.</summary>
    List<Command> NextBatch()
    {
        var batch = new List<Command>();
        foreach (var command in _commands)
        {
            bool isSkip = command.IsCancelled && command == _commands.First?.Value && !command.IsSkipping;
            if (!isSkip && command.Airborne > 0)
            {
                continue;
            }

            // A skip that overtakes a lower number would make that one look refused: it goes only as the lowest unanswered, and nothing passes it.
            if ((!isSkip && command.IsCancelled) || !MayGo(batch.Count))
            {
                break;
            }

            batch.Add(command);
        }

        return batch;
    }

    bool MayGo(int batched)
    {
        if (_airborne + batched >= UnansweredMax)
        {
            return false;
        }

        if (owner.IsCongested)
        {
            PumpIn(CongestedPause);
            return false;
        }

        if (settings.Pace.TryTake())
        {
            return true;
        }

        PumpIn(settings.Pace.Wait);
        return false;
    }

    void Transmit(Command command, bool isAgain)
    {
        bool isSkip = command.IsCancelled;
        command.IsSkipping |= isSkip;
        _airborne++;
        command.Airborne++;
        var frame = isSkip
            ? new ClientFrame("skip") { Room = owner.Id, Cmd = command.Cmd }
            : new ClientFrame("send")
            {
                Room = owner.Id,
                Cmd = command.Cmd,
                Name = command.Name,
                Data = command.Data,
                Epoch = isAgain ? command.Epoch : null,
            };
        owner.Request(frame, answer => OnAnswer(command, answer, isSkip, isAgain));
    }

    void Save()
    {
        if (_isSaved)
        {
            return;
        }

        _isSaved = true;
        owner.Save(() => new StoredCommands(null, null, _next, [.. _commands.Select(c => new StoredCommand(c.Cmd, c.Name, c.Data, c.Epoch))]));
    }

    void PumpIn(TimeSpan delay) => _timers.Set("pump", delay, _ => Pump());

    EdgeRoomsException? Misfit(string name, JsonElement data)
    {
        int bytes = Encoding.UTF8.GetByteCount(data.GetRawText()) + Encoding.UTF8.GetByteCount(name) + EnvelopeBytes;
        return bytes <= owner.FrameBytesMax
            ? null
            : Error("too_large", $"'{name}' would be a frame of {bytes} bytes, and the server takes {owner.FrameBytesMax}. Send it in parts.");
    }

    EdgeRoomsException Error(string code, string message, bool retry = false) => new(code, message, owner.Id, retry);
}
