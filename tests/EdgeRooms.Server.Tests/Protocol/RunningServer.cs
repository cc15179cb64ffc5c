using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;

using EdgeRooms.Tests.Shared;

namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>A real server process on a database of its own; killed or stopped by its test. A class's own settings are a derived fixture's.</summary>
public class RunningServer : IAsyncLifetime
{
    public const string Secret = "test-secret-test-secret-test-secret-1";

    Process? _process;
    string? _database;

    /// <summary>Environment variables of the process, on top of the tests' own; set before it starts.</summary>
    public Dictionary<string, string> Settings { get; } = [];

    /// <summary>Where it keeps its rooms.</summary>
    public string Database => _database!; // there once the fixture has started

    public int Port { get; } = TestPorts.Free();

    public HttpClient Http { get; } = new();

    public async ValueTask InitializeAsync()
    {
        _database = Settings.GetValueOrDefault("EdgeRooms__Postgres") ?? await TestPostgres.NewDatabaseAsync();
        await StartAsync();
    }

    public async Task StartAsync()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "EdgeRooms.Server.dll"), "--urls", $"http://127.0.0.1:{Port}"])
        {
            RedirectStandardOutput = true,
            Environment =
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Development",
                ["EdgeRooms__Postgres"] = _database,
                ["EdgeRooms__Auth__Secret"] = Secret,
                ["EdgeRooms__Limits__CommandsPerSecond"] = "2000",
                ["EdgeRooms__Limits__CommandBurst"] = "2000",
                ["Logging__LogLevel__Default"] = "Warning",
            },
        };
        foreach (var (name, value) in Settings)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var said = new StringBuilder();
        while (await _process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            said.AppendLine(line);
            if (line.StartsWith("EdgeRooms ready on", StringComparison.Ordinal))
            {
                _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return;
            }
        }

        await _process.WaitForExitAsync(limit.Token);
        throw new InvalidOperationException($"The server ended with {_process.ExitCode} before it was ready:\n{said}");
    }

    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM; the exit code.</summary>
    public async Task<int> StopAsync(TimeSpan within)
    {
        Terminate();
        return await ExitAsync(within);
    }

    /// <summary>SIGTERM, and no waiting.</summary>
    public void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", _process!.Id.ToString()]);
        kill.WaitForExit();
    }

    public async Task<int> ExitAsync(TimeSpan within)
    {
        await _process!.WaitForExitAsync().WaitAsync(within);
        return _process.ExitCode;
    }

    public string Token(string user, string? rooms = null, int seconds = 3600)
    {
        long exp = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + seconds;
        string claim = rooms is null ? "" : $",\"rooms\":{rooms}";
        string text = Encode("""{"alg":"HS256","typ":"JWT"}""") + "." + Encode($$"""{"sub":"{{user}}","exp":{{exp}}{{claim}}}""");
        byte[] mac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.ASCII.GetBytes(text));
        return $"{text}.{System.Buffers.Text.Base64Url.EncodeToString(mac)}";
    }

    public async Task<(HttpStatusCode Status, string Body)> SendAsync(
        HttpMethod method, string path, string user, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, $"http://127.0.0.1:{Port}{path}");
        if (!headers.Any(h => h.Name == "Authorization"))
        {
            request.Headers.Add("Authorization", "Bearer " + Token(user));
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        request.Content = body is null ? null : new StringContent(body);
        using var response = await Http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        Http.Dispose();
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
    }

    static string Encode(string json) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
