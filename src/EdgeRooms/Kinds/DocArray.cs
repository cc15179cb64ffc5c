using System.Collections.Immutable;
using System.Text.Json;

namespace EdgeRooms.Kinds;

/// <summary>A JSON array.</summary>
sealed class DocArray : DocNode
{
    readonly ImmutableList<DocNode> _items;

    DocArray(ImmutableList<DocNode> items, int bytes)
    {
        _items = items;
        Bytes = bytes;
    }

    public override int Bytes { get; }

    public int Length => _items.Count;

    public DocNode? Find(int index) => index < _items.Count ? _items[index] : null;

    /// <summary>Replaces an item, or appends one at the index that is the length.</summary>
    public DocArray With(int index, DocNode value) => index < _items.Count
        ? new DocArray(_items.SetItem(index, value), Bytes + value.Bytes - _items[index].Bytes)
        : new DocArray(_items.Add(value), Bytes + value.Bytes + 1);

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartArray();
        foreach (var item in _items)
        {
            item.Write(json);
        }

        json.WriteEndArray();
    }

    public static DocArray FromArray(JsonElement json)
    {
        var items = ImmutableList.CreateRange(json.EnumerateArray().Select(From));
        return new DocArray(items, 2 + items.Sum(i => i.Bytes + 1));
    }
}
