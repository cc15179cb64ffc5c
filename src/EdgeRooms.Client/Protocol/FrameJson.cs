using System.Text.Json.Serialization;

namespace EdgeRooms.Client.Protocol;

/// <summary>Readers made at compile time, so that nothing here needs reflection. Data may be 64 deep, and a frame, or a page of them, is around it.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = 128, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ServerFrame))]
[JsonSerializable(typeof(PastReply))]
sealed partial class FrameJson : JsonSerializerContext;
