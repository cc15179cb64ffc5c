namespace EdgeRooms.Tests.Examples.Docstring;

public sealed record Count(long Value);
public sealed record Added(long By);
public sealed class Counter : Room<Count>
{
    protected override Count Initial => new(0);
    [Command] public void Add(Member by, Added add) => Emit(add);
    public static Count Apply(Count state, Added e) => new(state.Value + e.By);
}
