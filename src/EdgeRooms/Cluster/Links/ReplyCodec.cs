using EdgeRooms.Protocol;
using EdgeRooms.Rooms;

namespace EdgeRooms.Cluster.Links;

/// <summary>Replies as link messages: <c>byte kind, fields</c>. Frozen: kinds and fields are only added at the end.</summary>
static class ReplyCodec
{
    public static void Write(LinkWriter to, RoomReply reply)
    {
        switch (reply)
        {
            case JoinedReply joined:
                to.Byte((byte)Kind.Joined).Number(joined.Epoch).Number(joined.Seq).Bool(joined.Recovered).Text(joined.Member)
                    .Bytes(joined.State.Span).Bytes(joined.Members.Span).Number(joined.NextSeq).Bool(joined.Replay is not null);
                if (joined.Replay is { } replay)
                {
                    to.Number(replay.FirstSeq).Bytes(replay.Bytes.Span);
                }

                break;
            case AckReply ack:
                to.Byte((byte)Kind.Ack).Number(ack.Cmd).Number(ack.Seq).Bool(ack.Dup).Bool(ack.Refused).Bool(ack.Skipped).Bytes(ack.Result.Span);
                break;
            case ErrorReply { Error: var error }:
                to.Byte((byte)Kind.Error).Text(error.Code).Text(error.Message).Bool(error.Retry).Number((long?)error.RetryAfterMs);
                break;
            case LeftReply:
                to.Byte((byte)Kind.Left);
                break;
            case StateReply state:
                to.Byte((byte)Kind.State).Number(state.Epoch).Number(state.Seq).Bytes(state.State.Span).Bytes(state.Members.Span);
                break;
            case KeyReusedReply:
                to.Byte((byte)Kind.KeyReused);
                break;
            case BouncedReply bounced:
                to.Byte((byte)Kind.Bounced).Text(bounced.Owner);
                break;
            default:
                throw new NotSupportedException(reply.GetType().Name);
        }
    }

    public static RoomReply Read(ref LinkReader from) => (Kind)from.Byte() switch
    {
        Kind.Joined => new JoinedReply(
            from.Number(), from.Number(), from.Bool(), from.Text(), from.Bytes(), from.Bytes(), from.Number(),
            from.Bool() ? EventBatch.Parse(from.Number(), from.Bytes()) : null),
        Kind.Ack => new AckReply(from.OptionalNumber(), from.Number(), from.Bool(), from.Bool(), from.Bool(), from.Bytes()),
        Kind.Error => new ErrorReply(new RoomError(from.Text(), from.Text(), from.Bool(), (int?)from.OptionalNumber())),
        Kind.Left => new LeftReply(),
        Kind.State => new StateReply(from.Number(), from.Number(), from.Bytes(), from.Bytes()),
        Kind.KeyReused => new KeyReusedReply(),
        Kind.Bounced => new BouncedReply(from.OptionalText()),
        var kind => throw new InvalidDataException($"There is no reply of kind {kind} here; is the other process newer?"),
    };

    enum Kind : byte
    {
        Joined = 1,
        Ack = 2,
        Error = 3,
        Left = 4,
        State = 5,
        KeyReused = 6,
        Bounced = 7,
    }
}
