using EdgeRooms.Client.Links;
using EdgeRooms.Client.Protocol;

namespace EdgeRooms.Client.Commands;

/// <summary>Answers, and how commands settle.</summary>
sealed partial class Outbox
{
    const int StumblesMax = 6;
    static readonly TimeSpan HoldMax = TimeSpan.FromSeconds(5);

    void OnAnswer(Command command, ServerFrame? answer, bool isSkip, bool isAgain)
    {
        _airborne--;
        command.Airborne--;
        if (isSkip)
        {
            command.IsSkipping = false;
        }

        if (answer is null)
        {
            return; // the connection is gone; Open goes on
        }

        if (!command.IsSettled)
        {
            if (answer.Type == "ack")
            {
                OnAck(command, answer);
            }
            else if (answer.Type == "error")
            {
                OnError(command, answer, isAgain);
            }
        }

        Pump();
    }

    void OnAck(Command command, ServerFrame ack)
    {
        _stumbles = 0;
        owner.OnAck(ack.Seq);
        if (command.IsSettled)
        {
            return; // what the ack led to has ended the room
        }

        if (ack.Refused)
        {
            Take(command);
            Refuse(command, Error("rejected", $"'{command.Name}' had been refused before a reconnect; the reason is not known any more. Look at the room's state."));
        }
        else if (ack.Skipped)
        {
            Take(command);
            command.Cancel();
        }
        else
        {
            Take(command);
            command.Succeed(new SendResult(ack.Seq, ack.Result, ack.Dup));
        }

        owner.OnSettled();
    }

    void OnError(Command command, ServerFrame frame, bool isAgain)
    {
        if (frame.Retry || frame.Code == "not_joined")
        {
            GoBack(command, frame);
            return;
        }

        _stumbles = 0;
        if (frame.Code != "gone")
        {
            Take(command);
            Refuse(command, frame.ToException(owner.Id));
            owner.OnSettled();
        }
        else if (isAgain)
        {
            // A resend is gone when its stream was replaced. A first try carries no epoch, so the room has forgotten the session, and it never ran.
            Take(command);
            Refuse(command, Unknown(command, frame.Message ?? "its stream was replaced."));
            owner.OnSettled();
        }
        else
        {
            command.Cmd = null;
            command.Epoch = null;
            owner.RenewSession();
        }
    }

    void GoBack(Command command, ServerFrame frame)
    {
        _goesBack = true;
        if (command != _commands.First?.Value && frame.Code == "out_of_order")
        {
            return; // the lowest one says how long
        }

        var hold = frame.RetryAfterMs is { } ms ? TimeSpan.FromMilliseconds(ms) : Backoff.Draw(_stumbles, settings.Random.NextDouble(), HoldMax);
        var until = settings.Now() + hold;
        _holdUntil = until > _holdUntil ? until : _holdUntil;
        _stumbles++;
        // The server has lost its place for us (not_joined), or holds us to a number that we do not have (out_of_order).
        if (frame.Code == "not_joined" || (frame.Code == "out_of_order" && _stumbles >= StumblesMax))
        {
            _stumbles = 0;
            owner.Restart();
        }
    }

    /// <summary>Its caller has cancelled it.</summary>
    void GiveUp(Command command)
    {
        if (command.IsSettled)
        {
            return;
        }

        command.IsCancelled = true;
        if (command.Cmd is null)
        {
            Take(command);
            command.Cancel();
            owner.OnSettled();
        }

        Pump();
    }

    EdgeRoomsException Unknown(Command command, string why) => Error(
        "outcome_unknown", $"'{command.Name}' was sent, and whether it took effect is not known: {why}. Look at the room's state before you send it again.");

    void Refuse(Command command, EdgeRoomsException error)
    {
        command.Fail(error);
        owner.OnRefused(error);
    }

    /// <summary>Out of the queue, to be settled next.</summary>
    void Take(Command command)
    {
        _commands.Remove(command);
        _isSaved = false;
        if (!command.HasHappened)
        {
            owner.OnPending();
        }
    }

    List<Command> TakeAll(Func<Command, bool> isTaken)
    {
        var taken = _commands.Where(isTaken).ToList();
        foreach (var command in taken)
        {
            _commands.Remove(command);
            _isSaved = false;
        }

        owner.OnPending();
        return taken;
    }
}
