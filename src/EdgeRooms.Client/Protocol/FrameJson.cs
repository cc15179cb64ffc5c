using System.Text.Json.Serialization;

namespace EdgeRooms.Client.Protocol;

/// <summary>Readers made at compile time, so that nothing here needs reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ServerFrame))]
[JsonSerializable(typeof(PastReply))]
sealed partial class FrameJson : JsonSerializerContext;
