using System.Text.Json;

namespace EdgeRooms;

/// <summary>
/// The event of <c>relay</c> rooms: what a client sent, as it came. The wire shows its <see cref="Name"/> and <see cref="Data"/> as the event's own.
/// </summary>
/// <param name="Name">The command's name.</param>
/// <param name="Data">The command's data, any JSON value.</param>
public sealed record Posted(string Name, RawJson Data);
