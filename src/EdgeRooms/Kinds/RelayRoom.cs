using System.Buffers;

namespace EdgeRooms.Kinds;

/// <summary>
/// The one event of a room without state, the kind <c>relay</c> among them: on the wire an event of this <paramref name="Name"/> with this
/// <paramref name="Data"/>; in the stream <c>posted</c> with both.
/// </summary>
/// <param name="Name">The event's wire name; a relay's is the command's.</param>
/// <param name="Data">The command's data as it came; <c>null</c> where it had none.</param>
public sealed record Posted(string Name, RawJson Data);

/// <summary>
/// The kind <c>relay</c>: each command becomes one event of the same name and data, stored and told to all members. No state. A chat, a
/// feed, or any room whose clients make sense of the events themselves.
/// </summary>
sealed class RelayRoom : Room
{
    const int NameLengthMax = 64;

    static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-");

    /// <inheritdoc/>
    protected internal override ValueTask<object?> OnCommand(Member by, string name, ReadOnlyMemory<byte> data)
    {
        if (!IsName(name))
        {
            throw Reject($"A name here has 1 to {NameLengthMax} of A-Z, a-z, 0-9, '_', '.', ':' and '-'.");
        }

        Emit(new Posted(name, new RawJson(data)));
        return default;
    }

    internal static bool IsName(string name) =>
        name.Length is > 0 and <= NameLengthMax && !name.AsSpan().ContainsAnyExcept(NameCharacters);
}
