namespace EdgeRooms.Tests.Rooms;

/// <summary>Takes its time over a command, and says when it has begun. For one test, since there is one signal.</summary>
public sealed class Sleeper : Room<Sum>
{
    static readonly TaskCompletionSource s_began = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static Task FirstBegan => s_began.Task;

    protected override Sum Initial => new(0);

    [Command]
    public async Task Sleep(Member by)
    {
        s_began.TrySetResult();
        await Task.Delay(TimeSpan.FromSeconds(2));
        Emit(new Tallied(1));
    }

    public static Sum Apply(Sum state, Tallied e) => new(state.Value + e.By);
}
