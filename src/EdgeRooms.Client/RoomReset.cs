namespace EdgeRooms.Client;

/// <summary>
/// The events do not go on from what came before: forget it, and go on from the state at <paramref name="Seq"/>.
/// </summary>
/// <param name="Reason"><c>epoch</c>: the stream was replaced; <c>trimmed</c>: what was missed is not kept any more; <c>missed</c>: too much was missed.</param>
/// <param name="Epoch">The stream's epoch, an opaque text.</param>
/// <param name="Seq">The seq of the state that came with it.</param>
public sealed record RoomReset(string Reason, string Epoch, long Seq);
