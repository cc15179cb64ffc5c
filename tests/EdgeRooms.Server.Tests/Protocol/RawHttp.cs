using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>One request by hand, for what .NET's own clients would put right before they send it; as a WebSocket it answers no ping.</summary>
sealed class RawHttp(int port) : IDisposable
{
    readonly TcpClient _tcp = new();

    /// <summary>Asks for a WebSocket; the status, and head and body where it is refused.</summary>
    public async Task<(HttpStatusCode Status, string Head, string Body)> UpgradeAsync(string path, string token)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await _tcp.ConnectAsync(IPAddress.Loopback, port, limit.Token);
        await _tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {token}\r\n\r\n"), limit.Token);
        var text = new StringBuilder();
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            text.Append((char)(await ReadAsync(1, limit.Token))[0]);
        }

        string head = text.ToString();
        var status = (HttpStatusCode)int.Parse(head.Split(' ')[1], CultureInfo.InvariantCulture);
        return (status, head, status == HttpStatusCode.SwitchingProtocols ? "" : await BodyAsync(head, limit.Token));
    }

    /// <summary>Reads frames and answers none until the server closes; its code.</summary>
    public async Task<int> CloseCodeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        while (true)
        {
            byte[] start = await ReadAsync(2, limit.Token);
            int length = start[1] switch
            {
                126 => BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(2, limit.Token)),
                127 => (int)BinaryPrimitives.ReadUInt64BigEndian(await ReadAsync(8, limit.Token)),
                var small => small,
            };
            byte[] payload = await ReadAsync(length, limit.Token);
            if ((start[0] & 0x0f) == 8)
            {
                return BinaryPrimitives.ReadUInt16BigEndian(payload);
            }
        }
    }

    public void Dispose() => _tcp.Dispose();

    async Task<string> BodyAsync(string head, CancellationToken cancellation)
    {
        string? length = head.Split("\r\n").FirstOrDefault(h => h.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        int bytes = int.Parse(
            length is not null ? length.Split(':')[1] : Convert.ToInt32(await LineAsync(cancellation), 16).ToString(CultureInfo.InvariantCulture),
            CultureInfo.InvariantCulture);
        return Encoding.UTF8.GetString(await ReadAsync(bytes, cancellation));
    }

    /// <summary>The size of a chunk.</summary>
    async Task<string> LineAsync(CancellationToken cancellation)
    {
        var line = new StringBuilder();
        while ((char)(await ReadAsync(1, cancellation))[0] is not '\n' and var c)
        {
            line.Append(c);
        }

        return line.ToString().Trim();
    }

    async Task<byte[]> ReadAsync(int count, CancellationToken cancellation)
    {
        byte[] bytes = new byte[count];
        await _tcp.GetStream().ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }
}
