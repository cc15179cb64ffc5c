using System.Text.Json;

using EdgeRooms.Client.Tests.Support;

namespace EdgeRooms.Client.Tests.Rooms;

/// <summary>Readers of events that fall behind: nobody waits for them, and they miss nothing.</summary>
public sealed class SlowReaderTests
{
    [Fact]
    public async Task A_reader_that_falls_behind_gets_the_rest_from_the_log()
    {
        await using var all = Setup.Live();
        for (long seq = 1; seq <= 700; seq++)
        {
            all.Connection.Say(Wire.Event(seq));
        }

        Assert.Equal(Numbers(1, 512), await all.Heard.SeqsAsync(512));
        var rest = all.Heard.SeqsAsync(189);
        JsonElement ask = await AskedAsync(all.Connection);
        all.Connection.Say(StreamTests.Page(ask, more: false, [.. Numbers(513, 188)]), Wire.Event(701));
        while (!rest.IsCompleted)
        {
            // It may ask once more, as 701 came while it was behind.
            all.Connection.Take("history").ForEach(again => all.Connection.Say(StreamTests.Page(again, more: false, [.. Numbers(again.Number("after")!.Value + 1, 701 - (int)again.Number("after")!.Value)])));
            await Task.Yield();
        }

        Assert.Equal(513, ask.Number("after") + 1);
        Assert.Equal(Numbers(513, 189), await rest);
    }

    [Fact]
    public async Task A_reader_that_falls_behind_without_the_right_to_history_is_told_so()
    {
        await using var all = Setup.Live();
        for (long seq = 1; seq <= 513; seq++)
        {
            all.Connection.Say(Wire.Event(seq));
        }

        await all.Heard.SeqsAsync(512);
        var rest = all.Heard.SeqsAsync(1);
        all.Connection.Say(Wire.Refusal(await AskedAsync(all.Connection), "forbidden", retry: false));

        Assert.Equal("behind", (await Assert.ThrowsAsync<EdgeRoomsException>(() => rest)).Code);
    }

    [Fact]
    public async Task What_was_trimmed_meanwhile_is_told_on_the_next_event()
    {
        await using var all = Setup.Live();
        Fill(all, 513);
        await all.Heard.SeqsAsync(512);
        var rest = all.Heard.EventsAsync(1);
        all.Connection.Say(Wire.Event(514), Wire.Event(515), StreamTests.Page(await AskedAsync(all.Connection), more: false, 515));

        var next = Assert.Single(await rest);
        Assert.Equal((515L, new RoomReset("trimmed", "1", 514)), (next.Seq, next.Reset));
    }

    [Fact]
    public async Task Where_all_of_it_was_trimmed_the_next_live_event_tells_it()
    {
        await using var all = Setup.Live();
        Fill(all, 513);
        await all.Heard.SeqsAsync(512);
        var rest = all.Heard.EventsAsync(1);
        all.Connection.Say(StreamTests.Page(await AskedAsync(all.Connection), more: false));
        // The reader comes back on a thread of its own: what it does not get live it asks for.
        all.Connection.Say(Wire.Event(514));
        while (!rest.IsCompleted)
        {
            all.Connection.Take("history").ForEach(ask => all.Connection.Say(StreamTests.Page(ask, more: false, 514)));
            await Task.Yield();
        }

        var next = Assert.Single(await rest);
        Assert.Equal((514L, "trimmed"), (next.Seq, next.Reset?.Reason));
    }

    [Fact]
    public async Task A_reset_meanwhile_is_where_it_goes_on()
    {
        await using var all = Setup.Live();
        Fill(all, 600);
        all.Connection.Say(new { type = "reset", room = Wire.Room, epoch = "2", seq = 3, reason = "epoch" }, Wire.Event(4));
        await all.Heard.SeqsAsync(512);
        var rest = all.Heard.EventsAsync(1);
        var ask = await AskedAsync(all.Connection);
        all.Connection.Say(StreamTests.Page(ask, more: false, 4));

        var next = Assert.Single(await rest);
        Assert.Equal((3L, 4L, new RoomReset("epoch", "2", 3)), (ask.Number("after")!.Value, next.Seq, next.Reset));
    }

    static void Fill(Setup all, int count)
    {
        for (long seq = 1; seq <= count; seq++)
        {
            all.Connection.Say(Wire.Event(seq));
        }
    }

    static IEnumerable<long> Numbers(long from, int count) => Enumerable.Range(0, count).Select(n => from + n);

    /// <summary>The reader asks on a thread of its own.</summary>
    static async Task<JsonElement> AskedAsync(ScriptedConnection connection)
    {
        List<JsonElement> asked = [];
        while (asked.Count == 0)
        {
            await Task.Yield();
            asked = connection.Take("history");
        }

        return asked[0];
    }
}
