namespace EdgeRooms.Rooms;

/// <summary>
/// How many bytes of encoded events each room may keep in memory: its own bound, or its equal part of what all have together, so that the sum is bounded
/// however many rooms there are. Divided anew by who counts the rooms, read by the tails, any thread. A tail that is over a smaller part shrinks with its
/// next event or when its loop next rests; one of which nobody wants anything goes with its room's sleep, or in a router's quiet minute.
/// </summary>
sealed class TailShare(EngineOptions engine)
{
    volatile int _bytes = engine.TailBytes;

    public int EventsMax => engine.TailEvents;

    public int BytesMax => _bytes;

    public void Divide(int rooms) => _bytes = (int)Math.Min(engine.TailBytes, engine.AllTailBytes / Math.Max(1, rooms));
}
