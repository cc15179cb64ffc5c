using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace EdgeRooms.Rooms;

/// <summary>Whether JSON can be read into a type, asked once at registration rather than by a client's first command.</summary>
static class JsonShape
{
    /// <summary>Throws <see cref="ArgumentException"/> where it cannot; <paramref name="use"/> says what the type is for.</summary>
    public static void Require(Type type, JsonSerializerOptions options, string use)
    {
        if (type.IsByRef || type.IsByRefLike || type.IsPointer)
        {
            throw new ArgumentException($"{use}: {type.Name} is no JSON; use a record, a number, a string or a list of these.");
        }

        JsonTypeInfo shape;
        try
        {
            options.MakeReadOnly(populateMissingResolver: true);
            shape = options.GetTypeInfo(type);
        }
        catch (Exception e) when (e is NotSupportedException or InvalidOperationException)
        {
            throw new ArgumentException($"{use}: JSON cannot be read into {type.Name}. {e.Message}", e);
        }

        if (shape is { Kind: JsonTypeInfoKind.Object, PolymorphismOptions: null } && (type.IsAbstract || type.IsInterface))
        {
            throw new ArgumentException(
                $"{use}: {type.Name} is abstract, so JSON does not say what to make of it. Use a record, or name its kinds by [JsonDerivedType].");
        }
    }
}
