using System.Text.Json;

using EdgeRooms.Protocol;

namespace EdgeRooms.Rooms;

/// <summary>The stored body of <see cref="Posted"/>, <c>{"name":…,"data":…}</c>, written and split without reading the data.</summary>
static class PostedBody
{
    public static ReadOnlyMemory<byte> Write(FrameWriter to, Posted posted) =>
        to.Raw("{\"name\":"u8).Text(posted.Name).Raw(",\"data\":"u8)
            .Raw(posted.Data.Utf8.IsEmpty ? "null"u8 : posted.Data.Utf8.Span).Raw("}"u8).Take();

    public static (string Name, ReadOnlyMemory<byte> Data) Split(ReadOnlyMemory<byte> body)
    {
        string name = "";
        ReadOnlyMemory<byte> data = default;
        var json = new Utf8JsonReader(body.Span);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            bool isName = json.ValueTextEquals("name"u8), isData = json.ValueTextEquals("data"u8);
            json.Read();
            if (isName)
            {
                name = json.GetString()!;
                continue;
            }

            int start = (int)json.TokenStartIndex;
            json.Skip();
            if (isData)
            {
                data = body[start..(int)json.BytesConsumed];
            }
        }

        return (name, data);
    }
}
