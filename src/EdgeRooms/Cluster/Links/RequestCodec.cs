namespace EdgeRooms.Cluster.Links;

/// <summary>Requests as link messages: <c>byte kind, room, caller, fields</c>. Frozen: kinds and fields are only added at the end.</summary>
static class RequestCodec
{
    public static void Write(LinkWriter to, RoomRequest request)
    {
        to.Byte((byte)KindOf(request)).Room(request.Room).Text(request.Caller.Session)
            .Number(request.Caller.Stamp.Ms).Number(request.Caller.Stamp.Number).Text(request.Caller.User).Text(request.Caller.DisplayName);
        switch (request)
        {
            case JoinRequest join:
                to.Number(join.Since).Number(join.Epoch).Number((long)join.History).Json(join.Data).Number(join.RouterHas);
                break;
            case LeaveRequest leave:
                to.Bool(leave.Broke).Byte((byte)leave.Reason);
                break;
            case CommandRequest command:
                to.Number(command.Cmd).Number(command.After).Text(command.Name).Bytes(command.Data.Span)
                    .Text(command.Key).Text(command.KeyHash).Number(command.Epoch);
                break;
            case SkipRequest skip:
                to.Number(skip.Cmd);
                break;
            case EphemeralRequest ephemeral:
                to.Text(ephemeral.Name).Bytes(ephemeral.Data.Span);
                break;
            case PresenceRequest presence:
                to.Json(presence.Data);
                break;
            case FollowRequest follow:
                Write(to, follow.Report);
                break;
        }
    }

    public static RoomRequest Read(ref LinkReader from, Requester requester)
    {
        var kind = (Kind)from.Byte();
        var room = from.Room();
        var caller = ReadCaller(ref from);
        return kind switch
        {
            Kind.Join => new JoinRequest(
                room, caller, requester, from.OptionalNumber(), from.OptionalNumber(), (int)from.Number(), from.Json(),
                from.IsAtEnd ? null : from.OptionalNumber()),
            Kind.Leave => new LeaveRequest(room, caller, requester, from.Bool(), (LeaveReason)from.Byte()),

            // A copy of the data: what a room keeps of it must not keep a whole batch.
            Kind.Command => new CommandRequest(
                room, caller, requester, from.OptionalNumber(), from.Number(), from.Text(), from.Bytes().ToArray(),
                from.OptionalText(), from.OptionalText(), from.OptionalNumber()),
            Kind.Skip => new SkipRequest(room, caller, requester, from.Number()),
            Kind.Ephemeral => new EphemeralRequest(room, caller, requester, from.Text(), from.Bytes()),
            Kind.Presence => new PresenceRequest(room, caller, requester, from.Json()),
            Kind.Read => new ReadRequest(room, caller, requester),
            Kind.Follow => new FollowRequest(room, requester, ReadReport(ref from)),
            _ => throw new InvalidDataException($"There is no request of kind {kind} here; is the other process newer?"),
        };
    }

    public static void Write(LinkWriter to, FeedReport report)
    {
        to.Room(report.Room).Number(report.SeenEpoch).Number(report.SeenSeq).Number((long)report.Members.Count);
        foreach (var (caller, data) in report.Members)
        {
            to.Text(caller.Session).Number(caller.Stamp.Ms).Number(caller.Stamp.Number).Text(caller.User).Text(caller.DisplayName).Json(data);
        }
    }

    public static FeedReport ReadReport(ref LinkReader from)
    {
        var room = from.Room();
        long epoch = from.Number(), seq = from.Number();
        var members = new MemberReport[from.Count()];
        for (int i = 0; i < members.Length; i++)
        {
            members[i] = new MemberReport(ReadCaller(ref from), from.Json());
        }

        return new FeedReport(room, members, epoch, seq);
    }

    static Caller ReadCaller(ref LinkReader from) =>
        new(from.Text(), new ConnectionStamp(from.Number(), from.Number()), from.Text(), from.OptionalText());

    static Kind KindOf(RoomRequest request) => request switch
    {
        JoinRequest => Kind.Join,
        LeaveRequest => Kind.Leave,
        CommandRequest => Kind.Command,
        SkipRequest => Kind.Skip,
        EphemeralRequest => Kind.Ephemeral,
        PresenceRequest => Kind.Presence,
        ReadRequest => Kind.Read,
        FollowRequest => Kind.Follow,
        _ => throw new NotSupportedException(request.GetType().Name),
    };

    enum Kind : byte
    {
        Join = 1,
        Leave = 2,
        Command = 3,
        Skip = 4,
        Ephemeral = 5,
        Presence = 6,
        Read = 7,
        Follow = 8,
    }
}
