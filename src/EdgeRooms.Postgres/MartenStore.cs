using System.Text.Json;
using EdgeRooms.Events;
using EdgeRooms.Rooms;
using JasperFx;
using JasperFx.Events;
using JasperFx.MultiTenancy;
using Marten;
using Weasel.Core;

namespace EdgeRooms.Postgres;

/// <summary>
/// Marten's options as <c>db/001_marten.sql</c> was exported with; changing one that touches tables needs a new script and a new
/// append function.
/// </summary>
static class MartenStore
{
    public static void Configure(StoreOptions options, IReadOnlyCollection<EventType> events, IReadOnlyCollection<EventUpcast> upcasts)
    {
        options.DatabaseSchemaName = Schema.Name;
        options.AutoCreateSchemaObjects = AutoCreate.None;
        options.Events.DatabaseSchemaName = Schema.Name;
        options.Events.StreamIdentity = StreamIdentity.AsString;
        options.Events.AppendMode = EventAppendMode.Quick;
        options.Events.TenancyStyle = TenancyStyle.Single;
        options.Events.MetadataConfig.HeadersEnabled = true;

        // As the kinds write: Marten would set its own casing over that of the options.
        options.UseSystemTextJsonForSerialization(
            new JsonSerializerOptions(RoomKind.StoredJson), EnumStorage.AsInteger, Casing.CamelCase);
        options.Schema.For<RoomSnapshot>().Identity(s => s.Id);
        Map(options, events);
        foreach (var upcast in upcasts)
        {
            typeof(MartenStore).GetMethod(nameof(Upcast), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
                .MakeGenericMethod(upcast.OldType, upcast.NewType).Invoke(null, [options, upcast]);
        }
    }

    static void Map(StoreOptions options, IReadOnlyCollection<EventType> events)
    {
        foreach (var named in events.Distinct().GroupBy(e => e.Name))
        {
            if (named.Count() > 1)
            {
                throw new ArgumentException(
                    $"The event name '{named.Key}' stands for {string.Join(" and ", named.Select(e => e.ClrType.FullName))}. Marten reads "
                    + "events by name: give one of them another name, or let both kinds use one record.", nameof(events));
            }

            options.Events.MapEventType(named.First().ClrType, named.Key);
        }
    }

    static void Upcast<TOld, TNew>(StoreOptions options, EventUpcast upcast)
        where TOld : class
        where TNew : class => options.Events.Upcast(upcast.StoredName, (Func<TOld, TNew>)upcast.Typed);
}
