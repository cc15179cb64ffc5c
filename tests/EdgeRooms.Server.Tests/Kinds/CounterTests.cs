using System.Text.Json;

using EdgeRooms.Server.Kinds;
using EdgeRooms.Tests.Kinds;

namespace EdgeRooms.Server.Tests.Kinds;

public sealed class CounterTests
{
    readonly Counter _room = new();
    readonly RoomTurn _turn;

    public CounterTests() => _turn = new RoomTurn(_room, (state, e, _) => Counter.Apply((Count)state!, (Added)e));

    [Fact]
    public void It_adds_and_answers_with_the_new_value()
    {
        Add("5");

        Assert.Equal("""{"value":3}""", JsonSerializer.Serialize(Add("-2"), JsonSerializerOptions.Web));
        Assert.Equal([new Added(5), new Added(-2)], _turn.Events);
    }

    [Fact]
    public void It_ends_at_64_bits()
    {
        Add("9223372036854775807");

        Assert.Throws<RejectedException>(() => Add("1"));
        Assert.Equal(-1, Add("-9223372036854775808").Value);
        Assert.Throws<RejectedException>(() => Add("-9223372036854775808"));
        Assert.Throws<RejectedException>(() => _room.Add(RoomTurn.User("alice"), RoomTurn.Data<Addition>("{}")));
        Assert.Equal(2, _turn.Events.Count);
    }

    Count Add(string by) => _room.Add(RoomTurn.User("alice"), RoomTurn.Data<Addition>($$"""{"by":{{by}}}"""));
}
