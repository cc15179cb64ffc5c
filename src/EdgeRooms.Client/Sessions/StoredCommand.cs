using System.Text.Json;

namespace EdgeRooms.Client.Sessions;

/// <summary>A command on disk; without a number where it was never sent.</summary>
sealed record StoredCommand(long? Cmd, string Name, JsonElement Data, string? Epoch);
