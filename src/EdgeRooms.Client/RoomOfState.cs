using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace EdgeRooms.Client;

/// <summary>A room whose state is read as a type of yours.</summary>
public sealed class Room<TState> : Room
{
    readonly JsonTypeInfo<TState> _type;
    readonly Lock _reading = new();
    long _version = -1;
    TState? _state;

    internal Room(Hub hub, string id, JsonTypeInfo<TState> type)
        : base(hub, id) => _type = type;

    /// <summary>As <see cref="Room.State"/>; default where the server has told none.</summary>
    /// <exception cref="JsonException">The state has another shape.</exception>
    public new TState? State
    {
        get
        {
            var (version, told) = Read(m => (m.State.Version, m.State.Value));
            lock (_reading)
            {
                if (version != _version)
                {
                    _state = told.ValueKind == JsonValueKind.Undefined ? default : told.Deserialize(_type);
                    _version = version;
                }

                return _state;
            }
        }
    }

    /// <inheritdoc cref="Room.AtAsync(long, CancellationToken)"/>
    public new async Task<TState?> AtAsync(long seq, CancellationToken cancellationToken = default) =>
        (await base.AtAsync(seq, cancellationToken).ConfigureAwait(false)).Deserialize(_type);
}
