using EdgeRooms.Cluster;

namespace EdgeRooms.Rooms;

/// <summary>
/// What leaves a room, in order: runs of events as one batch, then the answers that belong behind them. Called on the room's loop when the
/// gate opens; the calls to the routers must not block.
/// </summary>
sealed class RoomOutput(RoomMemory memory, RoomRouters routers)
{
    readonly List<ReadOnlyMemory<byte>> _events = [];
    readonly List<HeldReply> _replies = [];

    public void Release(IReadOnlyList<Turn> turns)
    {
        for (int t = 0; t < turns.Count; t++) // once a command: no enumerators
        {
            _events.AddRange(turns[t].Frames);
            var outputs = turns[t].Outputs;
            for (int i = 0; i < outputs.Count; i++)
            {
                Release(outputs[i]);
            }
        }

        Flush();
    }

    void Release(HeldOutput output)
    {
        switch (output)
        {
            case HeldReply reply:
                _replies.Add(reply);
                if (reply.Reply is StateReply)
                {
                    Flush(); // who starts at this state must not have been told what comes behind it
                }

                break;
            case HeldJoin join:
                Flush();
                var replay = join.Request.RouterHas <= join.Reply.NextSeq ? null : memory.Tail.From(join.Reply.NextSeq);
                join.Request.From.Reply(join.Request, join.Reply with { Replay = replay });
                break;
            case HeldEphemeral ephemeral:
                Flush();
                routers.Ephemeral(ephemeral.Frame, ephemeral.Only, ephemeral.Except);
                break;
            case HeldReplaced replaced:
                replaced.Router.Replaced(replaced.Session, replaced.By);
                break;
            case HeldMembers members:
                Flush();
                routers.Members(members.Change);
                break;
        }
    }

    void Flush()
    {
        if (_events.Count > 0)
        {
            var events = EventBatch.Of(memory.Tail.LastSeq + 1, _events);
            memory.Tail.Add(events);
            routers.Events(events);
            _events.Clear();
        }

        foreach (var held in _replies)
        {
            held.Request.From.Reply(held.Request, held.Reply);
        }

        _replies.Clear();
    }
}
