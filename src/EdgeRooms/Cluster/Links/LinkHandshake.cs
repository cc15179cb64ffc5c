using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace EdgeRooms.Cluster.Links;

/// <summary>
/// How two processes prove to each other that they know the cluster's secret, and that the dialled one is the boot that was meant (an address may be
/// somebody else's by now): each answers the other's random challenge by an HMAC-SHA256 over both challenges and names, under a label of its side, so
/// that no answer can be turned back. The secret never travels; the bytes after it are not encrypted (the README says what to do where that matters).
/// </summary>
static class LinkHandshake
{
    const int ChallengeBytes = 32;
    const int NameBytesMax = 256;
    static readonly byte[] Magic = "edgerooms-link/1\n"u8.ToArray();

    /// <summary>The dialling side. Throws <see cref="LinkRefusedException"/> where the other is not who was meant or does not know the secret.</summary>
    public static async Task DialAsync(Stream stream, ReadOnlyMemory<byte> secret, string self, string node, long boot, CancellationToken cancellation)
    {
        byte[] mine = RandomNumberGenerator.GetBytes(ChallengeBytes);
        await stream.WriteAsync((byte[])[.. Magic, .. mine, .. NameField(self)], cancellation);
        byte[] theirs = await ReadAsync(stream, ChallengeBytes, cancellation);
        byte[] proof = await ReadAsync(stream, HMACSHA256.HashSizeInBytes, cancellation);
        if (!CryptographicOperations.FixedTimeEquals(proof, Proof(secret, "node", mine, theirs, self, node, boot)))
        {
            throw new LinkRefusedException($"Who listens at the address of {node} is not its boot {boot}, or has another EdgeRooms__Cluster__Secret.");
        }

        await stream.WriteAsync(Proof(secret, "router", mine, theirs, self, node, boot), cancellation);
    }

    /// <summary>The listening side; returns the other's name. Throws <see cref="LinkRefusedException"/>.</summary>
    public static async Task<string> AcceptAsync(Stream stream, ReadOnlyMemory<byte> secret, string node, long boot, CancellationToken cancellation)
    {
        if (!(await ReadAsync(stream, Magic.Length, cancellation)).AsSpan().SequenceEqual(Magic))
        {
            throw new LinkRefusedException("Who connected to the link port does not speak the link's protocol.");
        }

        byte[] theirs = await ReadAsync(stream, ChallengeBytes, cancellation);
        string peer = Encoding.UTF8.GetString(await ReadAsync(stream, (await ReadAsync(stream, 1, cancellation))[0], cancellation));
        byte[] mine = RandomNumberGenerator.GetBytes(ChallengeBytes);
        await stream.WriteAsync((byte[])[.. mine, .. Proof(secret, "node", theirs, mine, peer, node, boot)], cancellation);
        byte[] proof = await ReadAsync(stream, HMACSHA256.HashSizeInBytes, cancellation);
        return CryptographicOperations.FixedTimeEquals(proof, Proof(secret, "router", theirs, mine, peer, node, boot))
            ? peer
            : throw new LinkRefusedException($"'{peer}' has another EdgeRooms__Cluster__Secret, or meant another node.");
    }

    static byte[] NameField(string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        return bytes.Length < NameBytesMax ? [(byte)bytes.Length, .. bytes] : throw new ArgumentException("A process name has at most 255 bytes.", nameof(name));
    }

    static byte[] Proof(ReadOnlyMemory<byte> secret, string side, byte[] dialler, byte[] listener, string router, string node, long boot)
    {
        byte[] number = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, boot);
        return HMACSHA256.HashData(
            secret.Span, (byte[])[.. Encoding.UTF8.GetBytes(side), 0, .. dialler, .. listener, .. NameField(router), .. NameField(node), .. number]);
    }

    static async Task<byte[]> ReadAsync(Stream stream, int length, CancellationToken cancellation)
    {
        byte[] bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }
}

/// <summary>The other side of a link is not who it should be.</summary>
sealed class LinkRefusedException(string message) : Exception(message);
