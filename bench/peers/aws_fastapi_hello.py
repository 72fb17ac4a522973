from fastapi import FastAPI
from mangum import Mangum

app = FastAPI()


@app.get("/api/hello")
def hello(name: str = "world") -> dict[str, str]:
    return {"message": f"Hello {name}"}


handler = Mangum(app, lifespan="off")
