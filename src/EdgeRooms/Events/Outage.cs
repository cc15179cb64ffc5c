using System.Data.Common;
using System.Net.Sockets;

namespace EdgeRooms.Events;

/// <summary>Tells the database being away from data that cannot be read: the first is waited for, the second parks the room.</summary>
static class Outage
{
    public static bool Is(Exception e) => e is DbException or IOException or SocketException or TimeoutException or OperationCanceledException
        or NodeFencedException or AppendRolledBackException { IsData: false } || (e.InnerException is { } inner && Is(inner));
}
