using EdgeRooms.Cluster;
using EdgeRooms.Protocol;

namespace EdgeRooms.Sessions;

/// <summary>What a client asks of a room that it is in.</summary>
sealed partial class Connection
{
    const int NameLengthMax = 128;
    const int PageEventsMax = 500;

    async ValueTask SendAsync(ClientFrame frame)
    {
        if (!TryMembership(frame, Right.Send, out var membership))
        {
            return;
        }

        if (string.IsNullOrEmpty(frame.Name) || frame.Name.Length > NameLengthMax)
        {
            BadFrame(frame.Id, $"A send has a 'name' of 1 to {NameLengthMax} characters.");
            return;
        }

        if (frame.Cmd <= 0)
        {
            BadFrame(frame.Id, "A 'cmd' is a number from 1 on.");
            return;
        }

        if (frame.Cmd is { } number && membership.Admit(number, Services.Limits.UnansweredCommands) is { } refusal)
        {
            SendError(refusal, frame.Id, membership.Room, number);
            return;
        }

        if (Services.Users.TakeCommand(_principal!.User) is { } wait)
        {
            if (frame.Cmd is { } limited)
            {
                membership.Refuse(limited);
                membership.Settle(limited);
            }

            SendError(new RoomError(
                ErrorCode.RateLimited, $"At most {Services.Limits.CommandsPerSecond} commands a second; wait.", Retry: true, (int)wait.TotalMilliseconds),
                frame.Id, membership.Room, frame.Cmd);
            return;
        }

        Interlocked.Add(ref _unansweredBytes, Weight(frame.Data.Length));
        membership.Feed.Send(new PendingCommand(membership, frame.Id, frame.Cmd, frame.Name, frame.Data, frame.Epoch));
        while (Interlocked.Read(ref _unansweredBytes) > Services.Limits.UnansweredBytes && _closed == 0)
        {
            await _answered.WaitAsync();
        }
    }

    void Skip(ClientFrame frame)
    {
        if (!TryMembership(frame, Right.Send, out var membership))
        {
            return;
        }

        if (frame.Cmd is not > 0)
        {
            BadFrame(frame.Id, "A skip names the 'cmd' that it gives up.");
            return;
        }

        membership.Feed.Send(new PendingSkip(membership, frame.Id, frame.Cmd.Value));
    }

    void Ephemeral(ClientFrame frame)
    {
        if (!TryMembership(frame, Right.Ephemeral, out var membership))
        {
            return;
        }

        if (string.IsNullOrEmpty(frame.Name) || frame.Name.Length > NameLengthMax)
        {
            BadFrame(frame.Id, $"An ephemeral has a 'name' of 1 to {NameLengthMax} characters.");
        }
        else if (Services.Users.TakeEphemeral(_principal!.User))
        {
            membership.Feed.Requests.Pass(new EphemeralRequest(membership.Room, membership.Caller, NoReply.Instance, frame.Name, frame.Data));
        }
    }

    async ValueTask HistoryAsync(ClientFrame frame)
    {
        if (!TryRoom(frame, out var room))
        {
            return;
        }

        if (Services.Kinds.Find(room.Kind) is not { } kind)
        {
            SendError(new RoomError(ErrorCode.UnknownKind, $"There is no kind '{room.Kind}' here."), frame.Id, room);
            return;
        }

        if (!_principal!.Rights.Allow(room, Right.History))
        {
            SendError(new RoomError(ErrorCode.Forbidden, $"The token does not grant 'history' in {room}."), frame.Id, room);
            return;
        }

        if (frame.After < 0 || frame.Limit < 1)
        {
            BadFrame(frame.Id, "A history has an 'after' from 0 on and a 'limit' of 1 to 500.");
            return;
        }

        try
        {
            using var limit = new CancellationTokenSource(Services.Engine.RequestTimeout, Services.Clock);
            var page = await HistoryPage.ReadAsync(Services.Log, kind, room, frame.After ?? 0, (int)Math.Min(frame.Limit ?? 100, PageEventsMax), limit.Token);
            Outbound.Add(ServerFrame.Page(frame.Id, room, page.Frames, page.More));
        }
        catch (Exception e) when (Events.Outage.Is(e))
        {
            SendError(new RoomError(ErrorCode.Unavailable, "The room's store did not answer in time; ask again.", Retry: true, RetryAfterMs: 500), frame.Id, room);
        }
    }
}
