using System.Runtime.InteropServices;
using System.Text.Json;

namespace EdgeRooms.Kinds;

/// <summary>
/// A JSON value that never changes: a change makes new nodes along its path and shares all others (HARD-CASES 25). Any thread.
/// </summary>
abstract class DocNode
{
    /// <summary>Bytes of the value as JSON, give or take escapes; kept along with each change.</summary>
    public abstract int Bytes { get; }

    public abstract void Write(Utf8JsonWriter json);

    /// <summary>Reads a value. Of members with one name the last counts, as in jsonb, so that live and replayed states agree.</summary>
    public static DocNode From(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => DocObject.FromObject(json),
        JsonValueKind.Array => DocArray.FromArray(json),
        _ => DocScalar.FromScalar(json),
    };

    /// <summary>Nested objects and arrays; 0 for a scalar.</summary>
    public static int DepthOf(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => 1 + json.EnumerateObject().Select(m => DepthOf(m.Value)).DefaultIfEmpty().Max(),
        JsonValueKind.Array => 1 + json.EnumerateArray().Select(DepthOf).DefaultIfEmpty().Max(),
        _ => 0,
    };
}

/// <summary>A string, number, boolean or null, as it was written.</summary>
sealed class DocScalar : DocNode
{
    public static readonly DocScalar Null = new("null"u8.ToArray());

    static readonly DocScalar True = new("true"u8.ToArray());
    static readonly DocScalar False = new("false"u8.ToArray());

    readonly byte[] _utf8;

    DocScalar(byte[] utf8) => _utf8 = utf8;

    public override int Bytes => _utf8.Length;

    public static DocScalar FromScalar(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Null => Null,
        JsonValueKind.True => True,
        JsonValueKind.False => False,
        _ => new DocScalar(JsonMarshal.GetRawUtf8Value(json).ToArray()),
    };

    public override void Write(Utf8JsonWriter json) => json.WriteRawValue(_utf8, skipInputValidation: true);
}
