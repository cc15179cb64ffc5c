using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace EdgeRooms.Client;

/// <summary>A command has taken effect.</summary>
/// <param name="Seq">The room's seq with its events in it; an upper bound where <paramref name="IsRepeat"/>.</param>
/// <param name="Result">
/// What the room's handler returned, up to 4 KiB; <see cref="JsonValueKind.Undefined"/> where it returned nothing, or where the answer is to a repeat
/// and newer commands have followed.
/// </param>
/// <param name="IsRepeat">It had taken effect by an earlier try, whose answer was lost with its connection.</param>
public sealed record SendResult(long Seq, JsonElement Result, bool IsRepeat)
{
    /// <summary>The result as a type of yours; default where there is none.</summary>
    /// <exception cref="JsonException">The result has another shape.</exception>
    public T? ResultAs<T>(JsonTypeInfo<T> type) => Result.ValueKind == JsonValueKind.Undefined ? default : Result.Deserialize(type);
}
