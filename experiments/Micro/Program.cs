using Micro;

return await MicroProgram.Run(args);
