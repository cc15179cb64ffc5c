using EdgeRooms.Kinds;
using EdgeRooms.Rooms;

using Microsoft.Extensions.DependencyInjection;

namespace EdgeRooms.Tests.Rooms;

/// <summary>Kinds with one mistake each, and those without.</summary>
public sealed partial class RegistrationTests
{
    public sealed record Count(long Value);

    public sealed record Added(long By);

    public sealed record Old(long N);

    public sealed record Stray;

    public sealed record Box<T>(T Value);

    public abstract record Shape;

    public readonly record struct Point(int X);

    [EventName("added")]
    public sealed record AlsoAdded(long By);

    [EventName("posted")]
    public sealed record Mine(long By);

    public sealed record Closed(string Name);

    public abstract class Counting : Room<Count>
    {
        protected override Count Initial => new(0);
    }

    public sealed class Good : Counting
    {
        [Command]
        public void Add(Member by, Added add) => Emit(add);

        public static Count Apply(Count state, Added e) => new(state.Value + e.By);
    }

    public abstract class Generic<T> : Room<T>
        where T : class
    {
        protected override T Initial => Start();

        protected abstract T Start();
    }

    public sealed class Inherited : Generic<Closed>
    {
        protected override Closed Start() => new("");

        public static Closed Apply(Closed state, Added e, EventInfo info) => state;
    }

    public sealed class ManyShapes : Room
    {
        [Command]
        public void Nothing(Member by)
        {
        }

        [Command]
        internal int Number(Member by, int data) => data;

        [Command("other")]
        internal Task<string> Text(Member by, string? data) => Task.FromResult(data ?? "");

        [Command]
        internal async ValueTask<IReadOnlyList<int>> List(Member by, IReadOnlyList<int> data)
        {
            await Task.Yield();
            return data;
        }

        [Command]
        internal ValueTask Json(Member by, System.Text.Json.JsonElement data) => default;

        [Command]
        internal Task Raw(Member by, RawJson? data) => Task.CompletedTask;
    }

    public sealed class TwoOfOneName : Room
    {
        [Command]
        public void Add(Member by) => Emit(by);

        [Command("add")]
        public void Plus(Member by) => Emit(by);
    }

    public sealed class Overloads : Room
    {
        [Command]
        public void Add(Member by) => Emit(by);

        [Command]
        public void Add(Member by, long more) => Emit(by);
    }

    public sealed class NamelessCommand : Room
    {
        [Command("")]
        public void Add(Member by) => Emit(by);
    }

    public sealed class NoMember : Room
    {
        [Command]
        public void Add(Added add) => Emit(add);
    }

    public sealed class ThreeParameters : Room
    {
        [Command]
        public void Add(Member by, long a, long b) => Emit(by);
    }

    public sealed class GenericCommand : Room
    {
        [Command]
        public void Add<T>(Member by, T data) => Emit(by);
    }

    public sealed class StaticCommand : Room
    {
        [Command]
        public static void Add(Member by)
        {
        }
    }

    public sealed class AsyncVoid : Room
    {
        [Command]
        public async void Add(Member by) => await Task.Yield();
    }

    public sealed class AbstractData : Room
    {
        [Command]
        public void Add(Member by, Shape shape) => Emit(by);
    }

    public sealed class ByRefData : Room
    {
        [Command]
        public void Add(Member by, ref long data) => Emit(by);
    }

    public sealed class SpanResult : Room
    {
        [Command]
        public ReadOnlySpan<byte> Add(Member by) => default;
    }

    public sealed class NoApply : Counting;

    public sealed class PrivateApply : Counting
    {
        public static Count Apply(Count state, Added e) => Apply(state, new Old(e.By));

        static Count Apply(Count state, Old e) => new(state.Value + e.N);
    }

    public sealed class InstanceApply : Counting
    {
        public Count Apply(Count state, Added e) => new(state.Value + e.By);
    }

    public sealed class OtherState : Counting
    {
        public static Closed Apply(Closed state, Added e) => state;
    }

    public sealed class TwoApplies : Counting
    {
        public static Count Apply(Count state, Added e) => new(state.Value + e.By);

        public static Count Apply(Count state, Added e, EventInfo info) => new(info.Seq);
    }

    public sealed class StatelessApply : Room
    {
        public static Count Apply(Count state, Added e) => new(state.Value + e.By);
    }

    public sealed class AbstractEvent : Counting
    {
        public static Count Apply(Count state, Shape e) => state;
    }

    public sealed class StructEvent : Counting
    {
        public static Count Apply(Count state, Point e) => state;
    }

    public sealed class GenericEvent : Counting
    {
        public static Count Apply(Count state, Box<long> e) => state;
    }

    public sealed class TakenEventName : Counting
    {
        public static Count Apply(Count state, Mine e) => state;
    }

    public sealed class OneNameTwoEvents : Counting
    {
        public static Count Apply(Count state, Added e) => state;

        public static Count Apply(Count state, AlsoAdded e) => state;
    }

    public sealed class OtherAdded : Counting
    {
        public static Count Apply(Count state, AlsoAdded e) => state;
    }

    public sealed class NoInitial : Room<Closed>
    {
        public static Closed Apply(Closed state, Added e) => state;
    }
}
