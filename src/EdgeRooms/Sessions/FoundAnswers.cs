using EdgeRooms.Cluster;

namespace EdgeRooms.Sessions;

/// <summary>Answers found under the lock, to be given without it.</summary>
struct FoundAnswers
{
    List<(Pending Pending, RoomReply Reply)>? _list;

    public void Add(Pending pending, RoomReply? reply)
    {
        if (reply is not null)
        {
            (_list ??= []).Add((pending, reply));
        }
    }

    public readonly void Give()
    {
        if (_list is null)
        {
            return;
        }

        foreach (var (pending, reply) in _list)
        {
            pending.Answer(reply);
        }
    }
}
