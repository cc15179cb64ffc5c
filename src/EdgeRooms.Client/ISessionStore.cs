namespace EdgeRooms.Client;

/// <summary>
/// Where a client keeps its session and its unanswered commands for the next process (<see cref="EdgeRoomsClientOptions.Store"/>): texts by key, a session's id among
/// them, so not for everyone's eyes. One client at a time. Called with the client's lock held, so it must be quick and leave the client alone. What it
/// throws is logged, and the next process begins a new session.
/// </summary>
public interface ISessionStore
{
    /// <summary>What was kept last; null where nothing was.</summary>
    /// <param name="key">Made of a server's address and a room: letters, digits and <c>:/.-_</c>, and what else the address has.</param>
    string? Get(string key);

    /// <summary>Keeps a text in place of the one before. When it returns the text must outlive the process: a frame that counts on it goes next.</summary>
    void Set(string key, string text);

    /// <summary>Keeps nothing under the key any more.</summary>
    void Remove(string key);
}
