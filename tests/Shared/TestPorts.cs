using System.Net;
using System.Net.Sockets;

namespace EdgeRooms.Tests.Shared;

static class TestPorts
{
    /// <summary>
    /// A port that nobody listens on, below those that systems give to outgoing connections: of these any may be taken before a server listens, or while it is
    /// down between two of its lives.
    /// </summary>
    public static int Free()
    {
        while (true)
        {
            int port = Random.Shared.Next(10_000, 32_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody listens there: another.
            }
        }
    }
}
