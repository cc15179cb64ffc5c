using EdgeRooms.AspNetCore;
using EdgeRooms.Server.Kinds;

using Microsoft.AspNetCore.Builder;

namespace EdgeRooms.Server.Tests.Examples;

/// <summary>The README's program, up to its last line.</summary>
static class ReadmeProgram
{
    public static WebApplication Build(string[] args, string connectionString)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddEdgeRooms().UsePostgres(connectionString).AddRoom<Counter>("counter");
        var app = builder.Build();
        app.MapEdgeRooms();
        return app;
    }
}
