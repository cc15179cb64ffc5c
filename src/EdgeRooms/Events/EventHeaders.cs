namespace EdgeRooms.Events;

/// <summary>
/// What the stream keeps beside an event so that it alone rebuilds exactly-once (HARD-CASES 3). Frozen stored format:
/// <c>{"s":session,"c":cmd,"m":member,"u":user,"k":idempotency key,"h":body hash,"e":effects,"r":result}</c>, absent where null.
/// </summary>
/// <param name="User">The user id whose command, or join, made the event; null for the room's own (alarm, wake).</param>
/// <param name="Session">The session's id without its signature.</param>
/// <param name="Cmd">The session's number in this room.</param>
/// <param name="Member">The member, for the wire.</param>
/// <param name="Key">Idempotency key of an HTTP command.</param>
/// <param name="KeyHash">Hash of that command's body: the same key with another body is refused.</param>
/// <param name="Effects">Which of the session's last 256 numbers up to <paramref name="Cmd"/> took effect; only on a turn's last event.</param>
/// <param name="Result">The ack's result as JSON, up to 4 KiB; only on a turn's last event.</param>
sealed record EventHeaders(
    string? User,
    string? Session = null,
    long? Cmd = null,
    string? Member = null,
    string? Key = null,
    string? KeyHash = null,
    EffectSet? Effects = null,
    ReadOnlyMemory<byte> Result = default);
