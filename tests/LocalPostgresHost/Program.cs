using EdgeRooms.Postgres.Local;

// The argument is the data directory. Output: the connection string, "interrupted" for each Ctrl-C, "stopped" after an
// orderly stop.
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    Console.WriteLine("interrupted");
};
var options = new LocalPostgresOptions { DataDirectory = args[0] };
var postgres = await LocalPostgres.StartAsync(options, new Progress<string>(), CancellationToken.None);
Console.WriteLine(postgres.ConnectionString);
await Console.In.ReadToEndAsync();
await postgres.DisposeAsync();
Console.WriteLine("stopped");
