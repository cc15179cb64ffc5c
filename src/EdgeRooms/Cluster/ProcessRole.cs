namespace EdgeRooms;

/// <summary>What a process does (<c>EdgeRooms__Role</c>).</summary>
public enum ProcessRole
{
    /// <summary>Takes clients and owns rooms.</summary>
    All,

    /// <summary>Takes clients; owns no rooms.</summary>
    Router,

    /// <summary>Owns rooms; takes no clients.</summary>
    Node,
}
