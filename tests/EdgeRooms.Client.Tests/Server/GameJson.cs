using System.Text.Json.Serialization;

namespace EdgeRooms.Client.Tests.Server;

/// <summary>As a user of the client makes one.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Play))]
[JsonSerializable(typeof(Board))]
[JsonSerializable(typeof(Addition))]
[JsonSerializable(typeof(Count))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(string))]
sealed partial class GameJson : JsonSerializerContext;
