using System.Text.Json;

using EdgeRooms.Cluster;

namespace EdgeRooms.Protocol;

/// <summary>The server's frames (PROTOCOL.md "Server to client"), as UTF-8 JSON without a newline.</summary>
static class ServerFrame
{
    public static ReadOnlyMemory<byte> Event(
        FrameWriter to, RoomId room, long seq, string name, ReadOnlySpan<byte> data, string? user, string? member, long? cmd, DateTimeOffset at)
    {
        to.Raw("{\"type\":\"event\",\"room\":"u8).Text(room.ToString()).Raw(",\"seq\":"u8).Number(seq)
            .Raw(",\"name\":"u8).Text(name).Raw(",\"data\":"u8).Raw(data.IsEmpty ? "null"u8 : data).Raw(",\"by\":"u8);
        if (user is null)
        {
            to.Raw("null"u8);
        }
        else
        {
            to.Text(user);
        }

        if (member is not null)
        {
            to.Raw(",\"member\":"u8).Text(member);
        }

        if (cmd is { } number)
        {
            to.Raw(",\"cmd\":"u8).Number(number);
        }

        return to.Raw(",\"at\":"u8).Number(at.ToUnixTimeMilliseconds()).Raw("}"u8).Take();
    }

    public static ReadOnlyMemory<byte> Welcome(
        string session, string connection, string user, string node, LimitOptions limits, DateTimeOffset expiresAt) =>
        new FrameWriter().Raw("{\"type\":\"welcome\",\"session\":"u8).Text(session).Raw(",\"connection\":"u8).Text(connection)
            .Raw(",\"user\":"u8).Text(user).Raw(",\"node\":"u8).Text(node)
            .Raw(",\"pingMs\":"u8).Number((long)(limits.PingSeconds * 1000)).Raw(",\"maxFrameBytes\":"u8).Number(limits.FrameBytes)
            .Raw(",\"commandsPerSecond\":"u8).Number(limits.CommandsPerSecond).Raw(",\"commandBurst\":"u8).Number(limits.CommandBurst)
            .Raw(",\"expiresAt\":"u8).Number(expiresAt.ToUnixTimeMilliseconds()).Raw("}"u8).Take();

    public static ReadOnlyMemory<byte> Joined(long? id, RoomId room, Cluster.JoinedReply reply)
    {
        var to = Head("joined"u8, id).Raw(",\"room\":"u8).Text(room.ToString()).Raw(",\"epoch\":\""u8).Number(reply.Epoch)
            .Raw("\",\"seq\":"u8).Number(reply.Seq).Raw(",\"recovered\":"u8).Bool(reply.Recovered)
            .Raw(",\"member\":"u8).Text(reply.Member);
        if (!reply.State.IsEmpty)
        {
            to.Raw(",\"state\":"u8).Raw(reply.State.Span);
        }

        return to.Raw(",\"members\":"u8).Raw(reply.Members.Span).Raw("}"u8).Take();
    }

    public static ReadOnlyMemory<byte> Reset(RoomId room, long epoch, long seq, string reason, ReadOnlySpan<byte> state)
    {
        var to = new FrameWriter().Raw("{\"type\":\"reset\",\"room\":"u8).Text(room.ToString()).Raw(",\"epoch\":\""u8).Number(epoch)
            .Raw("\",\"seq\":"u8).Number(seq).Raw(",\"reason\":"u8).Text(reason);
        if (!state.IsEmpty)
        {
            to.Raw(",\"state\":"u8).Raw(state);
        }

        return to.Raw("}"u8).Take();
    }

    public static ReadOnlyMemory<byte> Ack(FrameWriter to, long? id, RoomId room, Cluster.AckReply reply)
    {
        to.Raw("{\"type\":\"ack\""u8);
        if (id is { } request)
        {
            to.Raw(",\"id\":"u8).Number(request);
        }

        to.Raw(",\"room\":"u8).Text(room.ToString());
        if (reply.Cmd is { } cmd)
        {
            to.Raw(",\"cmd\":"u8).Number(cmd);
        }

        to.Raw(",\"seq\":"u8).Number(reply.Seq);
        if (reply.Dup)
        {
            to.Raw(",\"dup\":true"u8);
        }

        if (reply.Refused)
        {
            to.Raw(",\"refused\":true"u8);
        }

        if (reply.Skipped)
        {
            to.Raw(",\"skipped\":true"u8);
        }

        if (!reply.Result.IsEmpty)
        {
            to.Raw(",\"result\":"u8).Raw(reply.Result.Span);
        }

        return to.Raw("}"u8).Take();
    }

    public static ReadOnlyMemory<byte> Error(long? id, RoomId? room, long? cmd, RoomError error)
    {
        var to = Head("error"u8, id);
        if (room is { } named)
        {
            to.Raw(",\"room\":"u8).Text(named.ToString());
        }

        if (cmd is { } number)
        {
            to.Raw(",\"cmd\":"u8).Number(number);
        }

        to.Raw(",\"code\":"u8).Text(error.Code).Raw(",\"message\":"u8).Text(error.Message).Raw(",\"retry\":"u8).Bool(error.Retry);
        if (error.RetryAfterMs is { } after)
        {
            to.Raw(",\"retryAfterMs\":"u8).Number(after);
        }

        return to.Raw("}"u8).Take();
    }

    public static ReadOnlyMemory<byte> Ephemeral(FrameWriter to, RoomId room, string name, ReadOnlySpan<byte> data, string? user, string? member)
    {
        to.Raw("{\"type\":\"ephemeral\",\"room\":"u8).Text(room.ToString()).Raw(",\"name\":"u8).Text(name)
            .Raw(",\"data\":"u8).Raw(data.IsEmpty ? "null"u8 : data).Raw(",\"by\":"u8);
        if (user is null)
        {
            return to.Raw("null,\"member\":null}"u8).Take();
        }

        return to.Text(user).Raw(",\"member\":"u8).Text(member ?? "").Raw("}"u8).Take();
    }

    /// <summary>A <c>members</c> frame with one list of one member.</summary>
    public static ReadOnlyMemory<byte> Members(RoomId room, MemberChange change)
    {
        var list = change.Kind switch
        {
            MemberChangeKind.Joined => "joined"u8,
            MemberChangeKind.Left => "left"u8,
            _ => "updated"u8,
        };
        var to = new FrameWriter().Raw("{\"type\":\"members\",\"room\":"u8).Text(room.ToString()).Raw(",\""u8).Raw(list).Raw("\":["u8);
        return WriteMember(to, change.Member).Raw("]}"u8).Take();
    }

    public static ReadOnlyMemory<byte> MemberList(FrameWriter to, IEnumerable<MemberInfo> members)
    {
        to.Raw("["u8);
        bool first = true;
        foreach (var member in members)
        {
            if (!first)
            {
                to.Raw(","u8);
            }

            WriteMember(to, member);
            first = false;
        }

        return to.Raw("]"u8).Take();
    }

    /// <summary>Reads what <see cref="MemberList"/> wrote.</summary>
    public static IEnumerable<MemberInfo> ReadMemberList(ReadOnlySpan<byte> list)
    {
        var all = JsonElement.Parse(list);
        return all.EnumerateArray().Select(m => new MemberInfo(
            m.GetProperty("member").GetString()!,
            m.GetProperty("user").GetString()!,
            m.GetProperty("data") is { ValueKind: not JsonValueKind.Null } data ? data : null));
    }

    /// <summary>All the others as a <c>members</c> frame: what a slow reader gets in place of the changes it missed.</summary>
    public static ReadOnlyMemory<byte> AllMembers(RoomId room, IEnumerable<MemberInfo> others)
    {
        var list = MemberList(new FrameWriter(), others);
        return new FrameWriter().Raw("{\"type\":\"members\",\"room\":"u8).Text(room.ToString()).Raw(",\"all\":true,\"joined\":"u8)
            .Raw(list.Span).Raw("}"u8).Take();
    }

    public static ReadOnlyMemory<byte> HeadOf(RoomId room, long seq) =>
        new FrameWriter().Raw("{\"type\":\"head\",\"room\":"u8).Text(room.ToString()).Raw(",\"seq\":"u8).Number(seq).Raw("}"u8).Take();

    public static ReadOnlyMemory<byte> Page(long? id, RoomId room, IReadOnlyList<ReadOnlyMemory<byte>> events, bool more)
    {
        var to = Head("page"u8, id).Raw(",\"room\":"u8).Text(room.ToString());
        return PageBody(to, events, more);
    }

    /// <summary>The HTTP page: the same body without type and id.</summary>
    public static ReadOnlyMemory<byte> HttpPage(RoomId room, long epoch, IReadOnlyList<ReadOnlyMemory<byte>> events, bool more) =>
        PageBody(new FrameWriter().Raw("{\"room\":"u8).Text(room.ToString()).Raw(",\"epoch\":\""u8).Number(epoch).Raw("\""u8), events, more);

    public static ReadOnlyMemory<byte> Left(long? id, RoomId room) =>
        Head("left"u8, id).Raw(",\"room\":"u8).Text(room.ToString()).Raw("}"u8).Take();

    public static ReadOnlyMemory<byte> Authed(long? id, DateTimeOffset expiresAt) =>
        Head("authed"u8, id).Raw(",\"expiresAt\":"u8).Number(expiresAt.ToUnixTimeMilliseconds()).Raw("}"u8).Take();

    public static ReadOnlyMemory<byte> Pong(long? id) => Head("pong"u8, id).Raw("}"u8).Take();

    public static ReadOnlyMemory<byte> GoAway(string reason, long minDelayMs, long maxDelayMs) =>
        new FrameWriter().Raw("{\"type\":\"goaway\",\"reason\":"u8).Text(reason).Raw(",\"minDelayMs\":"u8).Number(minDelayMs)
            .Raw(",\"maxDelayMs\":"u8).Number(maxDelayMs).Raw("}"u8).Take();

    static ReadOnlyMemory<byte> PageBody(FrameWriter to, IReadOnlyList<ReadOnlyMemory<byte>> events, bool more)
    {
        to.Raw(",\"events\":["u8);
        for (int i = 0; i < events.Count; i++)
        {
            to.Raw(i > 0 ? ","u8 : ""u8).Raw(events[i].Span);
        }

        return to.Raw("],\"more\":"u8).Bool(more).Raw("}"u8).Take();
    }

    static FrameWriter Head(ReadOnlySpan<byte> type, long? id)
    {
        var to = new FrameWriter().Raw("{\"type\":\""u8).Raw(type).Raw("\""u8);
        return id is { } request ? to.Raw(",\"id\":"u8).Number(request) : to;
    }

    static FrameWriter WriteMember(FrameWriter to, MemberInfo member)
    {
        to.Raw("{\"member\":"u8).Text(member.Id).Raw(",\"user\":"u8).Text(member.User).Raw(",\"data\":"u8);
        return (member.Data is { } data ? to.Raw(JsonSerializer.SerializeToUtf8Bytes(data)) : to.Raw("null"u8)).Raw("}"u8);
    }
}
