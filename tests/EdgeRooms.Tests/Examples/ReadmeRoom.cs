namespace EdgeRooms.Tests.Examples.Readme;

public sealed record Count(long Value);
public sealed record Added(long By);

public sealed class Counter : Room<Count>
{
    protected override Count Initial => new(0);

    [Command]                                   // wire: send "add" {"by": 3}
    public Count Add(Member by, Added add)
    {
        if (add.By == 0) throw Reject("Adding nothing changes nothing.");
        Emit(add);                              // applied at once, told to others after the commit
        return State;                           // the ack's result
    }

    public static Count Apply(Count state, Added e) => new(state.Value + e.By);
}
