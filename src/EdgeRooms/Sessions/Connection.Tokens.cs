using EdgeRooms.Cluster;
using EdgeRooms.Protocol;

namespace EdgeRooms.Sessions;

/// <summary>Who the client is: the first frame, and a fresh token.</summary>
sealed partial class Connection
{
    async ValueTask HelloAsync(ClientFrame frame)
    {
        Good();
        if (_principal is { } known)
        {
            if (frame.Session is null)
            {
                return; // a greeting only
            }

            if (_hasJoined)
            {
                BadFrame(frame.Id, "A hello with a session comes before the first join.");
                return;
            }

            Welcome(known, frame.Session);
            return;
        }

        if (string.IsNullOrEmpty(frame.Token))
        {
            Unauthenticated("Missing auth token");
        }
        else if (await Services.Tokens.ValidateAsync(frame.Token) is { } principal)
        {
            Authenticated(principal, frame.Session ?? _opening.Session);
        }
        else
        {
            Unauthenticated("Invalid token");
        }
    }

    async ValueTask AuthAsync(ClientFrame frame)
    {
        Good();
        var known = _principal!;
        if (string.IsNullOrEmpty(frame.Token) || await Services.Tokens.ValidateAsync(frame.Token) is not { } fresh)
        {
            SendError(new RoomError(ErrorCode.Unauthenticated, "That token is bad or over; the connection goes on with the one before."), frame.Id);
            return;
        }

        if (fresh.User != known.User)
        {
            SendError(new RoomError(ErrorCode.Forbidden, "That token is another user's; open a connection of its own."), frame.Id);
            return;
        }

        _principal = fresh;
        Outbound.Add(ServerFrame.Authed(frame.Id, fresh.ExpiresAt));
        foreach (var membership in Memberships())
        {
            if (!fresh.Rights.Allow(membership.Room, Right.Join))
            {
                SendError(new RoomError(ErrorCode.Forbidden, $"The new token does not grant 'join' in {membership.Room}."), null, membership.Room);
                lock (_roomsLock)
                {
                    _rooms.Remove(membership.Room);
                }

                Leave(membership, null, broke: false, LeaveReason.Removed);
            }
        }
    }
}
