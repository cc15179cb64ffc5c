using EdgeRooms.Server;

return await ServerProcess.RunAsync(args);
