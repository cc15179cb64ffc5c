using System.Diagnostics;
using System.Text.Json;

namespace EdgeRooms.Client.Commands;

/// <summary>
/// A command on its way; its outbox owns it. <see cref="Cmd"/> is drawn when it is first sent, so that what was never sent can be taken back without a trace.
/// </summary>
sealed class Command(string name, JsonElement data)
{
    // Continuations run elsewhere: this is settled in a turn of the gate.
    readonly TaskCompletionSource<SendResult> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => name;
    public JsonElement Data => data;
    public Task<SendResult> Outcome => _outcome.Task;
    public long? Cmd { get; set; }

    /// <summary>The stream that it was first sent to.</summary>
    public string? Epoch { get; set; }

    /// <summary>Requests on this connection that have no answer yet: a send, a skip, or both.</summary>
    public int Airborne { get; set; }

    /// <summary>Given up by its caller; once sent, the server is asked to skip it.</summary>
    public bool IsCancelled { get; set; }

    public bool IsSkipping { get; set; }

    /// <summary>Its event has come, its ack comes next.</summary>
    public bool HasHappened { get; set; }
    public bool IsSettled { get; private set; }
    public CancellationToken Cancellation { get; set; }
    public CancellationTokenRegistration Registration { get; set; }

    public void Succeed(SendResult result)
    {
        Settle();
        _outcome.SetResult(result);
    }

    public void Fail(EdgeRoomsException error)
    {
        Settle();
        _outcome.SetException(error);
        _ = _outcome.Task.Exception; // who does not wait for it need not observe it
    }

    public void Cancel()
    {
        Settle();
        _outcome.SetCanceled(Cancellation);
    }

    void Settle()
    {
        Debug.Assert(!IsSettled, "A command settles once.");
        IsSettled = true;
        Registration.Unregister(); // not Dispose, which would wait for a callback that waits for our turn
    }
}
