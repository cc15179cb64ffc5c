using Microsoft.Extensions.DependencyInjection;

namespace EdgeRooms;

/// <summary>What <c>AddEdgeRooms()</c> returns: add a store and the kinds of rooms.</summary>
public sealed class EdgeRoomsBuilder
{
    internal EdgeRoomsBuilder(IServiceCollection services) => Services = services;

    /// <summary>The services being configured.</summary>
    public IServiceCollection Services { get; }

    /// <summary>
    /// Adds a kind of room: rooms <c>kind/…</c> are <typeparamref name="TRoom"/>s. Throws <see cref="ArgumentException"/> that says what
    /// to do where the class cannot be one (a missing <c>Apply</c>, two commands of one name, a bad kind name, …).
    /// </summary>
    public EdgeRoomsBuilder AddRoom<TRoom>(string kind, Action<RoomKindOptions>? configure = null)
        where TRoom : Room, new()
    {
        var options = new RoomKindOptions();
        configure?.Invoke(options);
        Services.AddSingleton(Rooms.RoomKind.Of<TRoom>(kind, options));
        return this;
    }
}
