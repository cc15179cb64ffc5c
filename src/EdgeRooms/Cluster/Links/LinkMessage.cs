namespace EdgeRooms.Cluster.Links;

/// <summary>What a link message is. Frozen: numbers are only added (HARD-CASES 26), unknown ones are skipped.</summary>
enum LinkMessage : byte
{
    /// <summary>Router to node: <c>id, RequestCodec</c>.</summary>
    Request = 1,

    /// <summary>Router to node: <c>id</c>.</summary>
    Cancel = 2,

    /// <summary>Router to node: <c>room</c>.</summary>
    Unfollow = 3,

    /// <summary>Router to node, the answer to <see cref="Ask"/>: <c>ask, reports</c>.</summary>
    Reports = 4,

    /// <summary>Node to router: <c>id, ReplyCodec</c>.</summary>
    Reply = 16,

    /// <summary>Node to router: <c>room, claim, first seq, frames parted by newlines</c>.</summary>
    Events = 17,

    /// <summary>Node to router: <c>room, claim, frame, only, except</c>.</summary>
    Ephemeral = 18,

    /// <summary>Node to router: <c>room, claim, kind, member</c>.</summary>
    Members = 19,

    /// <summary>Node to router: <c>room, claim, members</c>.</summary>
    Roster = 20,

    /// <summary>Node to router: <c>room, claim, epoch, seq</c>.</summary>
    Active = 21,

    /// <summary>Node to router: <c>room, claim, owner, wake</c>.</summary>
    Moved = 22,

    /// <summary>Node to router: <c>ask, rooms</c>.</summary>
    Ask = 23,

    /// <summary>Node to router: <c>session, stamp of the newer connection</c>.</summary>
    Replaced = 24,
}
