using System.Text.Json.Serialization;
using EdgeRooms.Client;

string server = args.ElementAtOrDefault(0) ?? "http://127.0.0.1:8080", user = args.ElementAtOrDefault(1) ?? "bob";
using var http = new HttpClient();
await using var client = new EdgeRoomsClient(new Uri(server), new() { Token = ct => http.GetStringAsync($"{server}/dev/token?user={user}", ct) });
await using var room = client.Room("chat/lobby", new() { History = 50 });
room.StatusChanged += (_, status) => Console.WriteLine($"({status})");
_ = HearAsync();

var said = new List<Task>();
while (await Console.In.ReadLineAsync() is { } line)
{
    said.Add(SayAsync(line)); // waits while there is no connection
}

await Task.WhenAll(said); // each word has been answered

async Task SayAsync(string text)
{
    try { await room.SendAsync("message", new Message(text), ChatJson.Default.Message); }
    catch (EdgeRoomsException e) { Console.WriteLine($"! {e.Code}: {e.Message}"); }
}

async Task HearAsync()
{
    await foreach (var e in room.Events()) Console.WriteLine($"{e.By}: {e.DataAs(ChatJson.Default.Message)?.Text}");
}

sealed record Message([property: JsonPropertyName("text")] string Text);
[JsonSerializable(typeof(Message))] sealed partial class ChatJson : JsonSerializerContext;
