using System.Text.Json.Serialization;

namespace EdgeRooms.Client.Sessions;

/// <summary>What outlives the process, as JSON. Data may be 64 deep, and a record is around it.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = 128)]
[JsonSerializable(typeof(StoredSession))]
[JsonSerializable(typeof(StoredCommands))]
sealed partial class StoredJson : JsonSerializerContext;
