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
    public EdgeRoomsBuilder AddRoom<TRoom>(string kind)
        where TRoom : Room, new() => AddRoom<TRoom>(kind, static _ => { });

    /// <summary>
    /// As <see cref="AddRoom{TRoom}(string)"/>, with options of the kind. Throws <see cref="ArgumentException"/> also for one out of its range.
    /// </summary>
    public EdgeRoomsBuilder AddRoom<TRoom>(string kind, Action<RoomKindOptions> configure)
        where TRoom : Room, new()
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new RoomKindOptions();
        configure(options);
        if (Services.Any(s => s.ImplementationInstance is Rooms.RoomKind known && known.Name == kind))
        {
            throw new ArgumentException($"The kind '{kind}' is registered twice. A kind is one class: give one of them another name.");
        }

        Services.AddSingleton(Rooms.RoomKind.Of<TRoom>(kind, options));
        return this;
    }

    /// <summary>Adds a kind that needs no C#, as the settings <c>EdgeRooms__Rooms__KIND__…</c> do. Throws <see cref="ArgumentException"/> for an unknown <c>Use</c>.</summary>
    public EdgeRoomsBuilder AddRoom(string kind, ConfiguredKind configured)
    {
        ArgumentNullException.ThrowIfNull(configured);
        return configured.Use switch
        {
            "relay" => AddRoom<Kinds.RelayRoom>(kind, Set),
            "doc" => AddRoom<Kinds.DocRoom>(kind, Set),
            _ => throw new ArgumentException(
                $"The kind '{kind}' uses '{configured.Use}'; there are 'relay' and 'doc'. A class of your own is added by AddRoom<TRoom>(kind)."),
        };

        void Set(RoomKindOptions options)
        {
            options.SnapshotEvery = configured.SnapshotEvery ?? options.SnapshotEvery;
            options.IdleTimeout = configured.IdleSeconds is { } idle ? TimeSpan.FromSeconds(idle) : options.IdleTimeout;
            options.MaxMembers = configured.MaxMembers ?? options.MaxMembers;
            options.RetainEvents = configured.RetainEvents ?? options.RetainEvents;
        }
    }
}
