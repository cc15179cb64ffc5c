using EdgeRooms.Kinds;
using EdgeRooms.Rooms;

using Microsoft.Extensions.DependencyInjection;

namespace EdgeRooms.Tests.Rooms;

/// <summary>What cannot work fails when it is registered, with a sentence that says what to do.</summary>
public sealed partial class RegistrationTests
{
    public static readonly TheoryData<Action<EdgeRoomsBuilder>, string> Mistakes = new()
    {
        { b => b.AddRoom<Good>("Chess"), "'Chess' is no kind's name: use a-z, 0-9 and -, a letter first" },
        { b => b.AddRoom<Good>(""), "'' is no kind's name" },
        { b => b.AddRoom<Good>(new string('a', 33)), "32 characters at most" },
        { b => b.AddRoom<Good>("a").AddRoom<Good>("a"), "The kind 'a' is registered twice. A kind is one class" },
        { b => b.AddRoom<Good>("a").AddRoom("a", new ConfiguredKind { Use = "relay" }), "The kind 'a' is registered twice." },
        { b => b.AddRoom("a", new ConfiguredKind { Use = "chess" }), "The kind 'a' uses 'chess'; there are 'relay' and 'doc'." },
        { b => b.AddRoom("a", new ConfiguredKind { Use = "doc", IdleSeconds = 0 }), "IdleTimeout is 00:00:00; it must be 1 s to 1 day." },
        { b => b.AddRoom<Good>("a", o => o.SnapshotEvery = 9), "The kind 'a': SnapshotEvery is 9; it must be 10 to 100,000 events." },
        { b => b.AddRoom<Good>("a", o => o.MaxMembers = 0), "MaxMembers is 0; it must be 1 to 100,000." },
        { b => b.AddRoom<Good>("a", o => o.RetainEvents = 999), "RetainEvents is 999; it must be at least 1,000 events, or null for all." },
        { b => b.AddRoom<Good>("a", o => o.StateVersion = 0), "StateVersion is 0; it must be 1 or more." },
        { b => b.AddRoom<TwoOfOneName>("a"), "TwoOfOneName has two commands 'add'" },
        { b => b.AddRoom<Overloads>("a"), "(an overload counts as one more). Give one of them [Command(\"another\")]." },
        { b => b.AddRoom<NamelessCommand>("a"), "NamelessCommand.Add: a command's name has 1 to 128 characters" },
        { b => b.AddRoom<NoMember>("a"), "NoMember.Add: a command takes (Member by) or (Member by, TData data), nothing else" },
        { b => b.AddRoom<ThreeParameters>("a"), "several values go into one record" },
        { b => b.AddRoom<GenericCommand>("a"), "GenericCommand.Add: a command takes (Member by)" },
        { b => b.AddRoom<StaticCommand>("a"), "leave 'static' out" },
        { b => b.AddRoom<AsyncVoid>("a"), "AsyncVoid.Add is async void: the room could not wait for it" },
        { b => b.AddRoom<AbstractData>("a"), "AbstractData.Add(shape): Shape is abstract, so JSON does not say what to make of it" },
        { b => b.AddRoom<ByRefData>("a"), "ByRefData.Add(data): " },
        { b => b.AddRoom<SpanResult>("a"), "SpanResult.Add: the ack's result is JSON" },
        { b => b.AddRoom<NoApply>("a"), "NoApply has a state but no 'public static Count Apply(Count state, TEvent e)'" },
        { b => b.AddRoom<PrivateApply>("a"), "an Apply is public static Count Apply(Count, TEvent[, EventInfo])" },
        { b => b.AddRoom<InstanceApply>("a"), "an Apply is public static Count Apply(Count, TEvent[, EventInfo])" },
        { b => b.AddRoom<OtherState>("a"), "an Apply is public static Count Apply(Count, TEvent[, EventInfo])" },
        { b => b.AddRoom<TwoApplies>("a"), "TwoApplies has two Apply methods for Added" },
        { b => b.AddRoom<StatelessApply>("a"), "StatelessApply has an Apply but no state, so nothing would call it: derive it from Room<Count>." },
        { b => b.AddRoom<AbstractEvent>("a"), "the event Shape is abstract: an event is found by its exact type" },
        { b => b.AddRoom<StructEvent>("a"), "the event Point: an event is a record class of its own" },
        { b => b.AddRoom<GenericEvent>("a"), "Give it one of 1 to 128 characters by [EventName(\"…\")]" },
        { b => b.AddRoom<TakenEventName>("a"), "the stored name 'posted' is EdgeRooms' own" },
        { b => b.AddRoom<OneNameTwoEvents>("a"), "both have the stored name 'added'. Give one of them another by [EventName(\"…\")]." },
        { b => b.AddRoom<NoInitial>("a"), "Write 'protected override Closed Initial => …;'." },
        { b => b.AddRoom<Good>("a", o => o.UpcastEvent<Old, Stray>("old", _ => new Stray())), "makes Stray, which has no Apply: add one" },
        { b => b.AddRoom<Good>("a", o => o.UpcastEvent<Old, Added>("old", e => new(e.N)).UpcastEvent<Old, Added>("old", e => new(e.N))),
            "Good has two upcasters of 'old'" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_fails_at_registration_and_says_what_to_do(Action<EdgeRoomsBuilder> register, string teaches)
    {
        var error = Assert.Throws<ArgumentException>(() => register(new EdgeRoomsBuilder(new ServiceCollection())));

        Assert.Contains(teaches, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Kinds_with_one_stored_name_for_different_events_are_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => new KindRegistry(
            [RoomKind.Of<Good>("a", new RoomKindOptions()), RoomKind.Of<OtherAdded>("b", new RoomKindOptions())]));

        Assert.Contains("The kinds 'a' and 'b' both have an event 'added' of different types.", error.Message, StringComparison.Ordinal);
        Assert.Contains("[EventName(\"…\")]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_right_is_taken()
    {
        var builder = new EdgeRoomsBuilder(new ServiceCollection());

        builder.AddRoom<Good>("a").AddRoom<Good>("b", o => o.UpcastEvent<Old, Added>("old", e => new(e.N)))
            .AddRoom<Inherited>("c").AddRoom<ManyShapes>("d")
            .AddRoom("chat", new ConfiguredKind { Use = "relay" }).AddRoom("doc", new ConfiguredKind { Use = "doc" });

        var kinds = new KindRegistry(builder.Services.Select(s => s.ImplementationInstance).OfType<RoomKind>());
        Assert.Equal(["a", "b", "c", "chat", "d", "doc"], kinds.All.Select(k => k.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void An_event_without_Apply_fails_its_turn_with_the_method_to_write()
    {
        var error = Assert.Throws<InvalidOperationException>(
            () => RoomKind.Of<Good>("a", new RoomKindOptions()).Events.Of(new Stray()));

        Assert.Contains("public static TState Apply(TState state, Stray e)", error.Message, StringComparison.Ordinal);
    }
}
